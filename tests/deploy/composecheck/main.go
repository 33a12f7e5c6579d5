// Composecheck asks the programs' own code what they would make of our files, without an engine: Compose's loader,
// BuildKit's converter and linter, and the matcher of .dockerignore. It prints JSON.
//
//	composecheck compose FILE [NAME=VALUE ...] [--profile=NAME ...]   the project as Compose understands it
//	composecheck dockerfile FILE TARGET                               the image's configuration, and what is wrong
//	composecheck context FOLDER                                       the files that a build is sent
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	said, err := ask(os.Args[1:])
	if err == nil {
		_, err = os.Stdout.Write(append(said, '\n'))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func ask(args []string) ([]byte, error) {
	switch {
	case len(args) >= 2 && args[0] == "compose":
		return compose(args[1], args[2:])
	case len(args) == 3 && args[0] == "dockerfile":
		return dockerfile(args[1], args[2])
	case len(args) == 2 && args[0] == "context":
		return buildContext(args[1])
	}
	return nil, errors.New("composecheck compose FILE | dockerfile FILE TARGET | context FOLDER")
}

// compose loads the file as `docker compose` does: schema, interpolation from the given variables alone, consistency.
func compose(file string, rest []string) ([]byte, error) {
	var env, profiles []string
	for _, word := range rest {
		if profile, found := strings.CutPrefix(word, "--profile="); found {
			profiles = append(profiles, profile)
		} else {
			env = append(env, word)
		}
	}
	options, err := cli.NewProjectOptions([]string{file}, cli.WithEnv(env), cli.WithProfiles(profiles))
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	return project.MarshalJSON()
}

// anyImage stands for every base image: nothing is fetched.
type anyImage struct{}

func (anyImage) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config, err := json.Marshal(ocispecs.Image{Platform: platform, Config: ocispecs.ImageConfig{Env: []string{"PATH=/bin"}}})
	return ref, "", config, err
}

var platform = ocispecs.Platform{OS: "linux", Architecture: "amd64"}

// dockerfile converts one target into BuildKit's instructions, and lints every stage.
func dockerfile(file, target string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	source := llb.NewSourceMap(nil, file, "Dockerfile", text)
	source.Definition = &llb.Definition{}
	option := dockerfile2llb.ConvertOpt{
		Config:         dockerui.Config{Target: target},
		MetaResolver:   anyImage{},
		TargetPlatform: &platform,
		SourceMap:      source,
	}
	result, err := dockerfile2llb.Dockerfile2LLB(context.Background(), text, option)
	if err != nil {
		return nil, err
	}
	if _, err := result.State.Marshal(context.Background(), llb.LinuxAmd64); err != nil {
		return nil, err
	}
	option.Target = "" // every stage
	lint, err := dockerfile2llb.DockerfileLint(context.Background(), text, option)
	if err != nil {
		return nil, err
	}
	lint.Sources = nil
	return json.Marshal(map[string]any{"image": result.Image, "lint": lint})
}

// buildContext walks the folder as a builder does, obeying its .dockerignore.
func buildContext(folder string) ([]byte, error) {
	list, err := os.Open(filepath.Join(folder, ".dockerignore"))
	if err != nil {
		return nil, err
	}
	defer list.Close()
	patterns, err := ignorefile.ReadAll(list)
	if err != nil {
		return nil, err
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, err
	}
	var sent []string
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if entry != nil && (entry.Name() == ".venv" || entry.Name() == ".git") {
				return filepath.SkipDir // large, and named by no exception
			}
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		ignored, err := matcher.MatchesOrParentMatches(name)
		if !ignored {
			sent = append(sent, name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(sent)
}
