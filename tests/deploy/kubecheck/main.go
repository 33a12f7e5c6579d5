// Kubecheck asks kustomize's and KEDA's own code what they make of our files, without a cluster. It prints JSON.
//
//	kubecheck build FOLDER                  the objects of a kustomization, as `kubectl kustomize` makes them
//	kubecheck formula TEXT NAME=VALUE ...   what KEDA makes of a formula of scalingModifiers
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	said, err := ask(os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(said)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func ask(args []string) (any, error) {
	switch {
	case len(args) == 2 && args[0] == "build":
		return build(args[1])
	case len(args) >= 2 && args[0] == "formula":
		return formula(args[1], args[2:])
	}
	return nil, errors.New("kubecheck build FOLDER | formula TEXT NAME=VALUE ...")
}

// build makes the objects with kubectl's defaults: files come from a kustomization's own folder alone.
func build(folder string) (any, error) {
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, err
	}
	objects := make([]any, 0, made.Size())
	for _, one := range made.Resources() {
		object, err := one.Map()
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// formula does as KEDA does: compile, run with what the triggers say, and take nothing but a float.
func formula(text string, pairs []string) (any, error) {
	said := map[string]float64{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, err
		}
		said[name] = number
	}
	program, err := expr.Compile(text, expr.Env(said))
	if err != nil {
		return nil, err
	}
	result, err := expr.Run(program, said)
	if err != nil {
		return nil, err
	}
	number, is := result.(float64)
	if !is {
		return nil, fmt.Errorf("formula returned non-float result %T (%v)", result, result)
	}
	return number, nil
}
