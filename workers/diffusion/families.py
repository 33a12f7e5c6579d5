"""The families of pipelines whose attempts share encodings of texts and sources, each by its own way in."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from workers.diffusion.batching import Arguments, Batching, Encodings, Repeated
from workers.diffusion.rows import Row

QWEN_PIXELS = 1024 * 1024
"""Both Qwen editors look at the source at this many pixels, whatever size they draw at."""


class Flux(Batching):
    """FLUX.1: two text encoders, both of fixed length."""

    edits = False

    def arguments(self, rows: Sequence[Row]) -> Arguments:
        """Embeddings of each text, made once."""
        import torch

        def rows_of(texts: Sequence[str], prefix: str) -> Arguments:
            made = [self._text(text) for text in texts]
            return {
                f"{prefix}prompt_embeds": torch.cat([embeds for embeds, _ in made]),
                f"{prefix}pooled_prompt_embeds": torch.cat([pooled for _, pooled in made]),
            }

        found = {"prompt": None, **rows_of([row.text for row in rows], "")}
        if self.true_cfg:
            found |= {"negative_prompt": None, **rows_of([self.negative] * len(rows), "negative_")}
        return found

    def _text(self, text: str) -> tuple[Any, Any]:
        length = {name: self.fixed[name] for name in ("max_sequence_length",) if name in self.fixed}

        def make() -> tuple[Any, Any]:
            embeds, pooled, _ = self.pipe.encode_prompt(
                prompt=text, prompt_2=None, device=self.pipe._execution_device, **length
            )
            return embeds, pooled

        made: tuple[Any, Any] = self.encoded("text", text, make)
        return made


class Kontext(Flux):
    """FLUX.1 Kontext: takes encoded sources in place of pictures."""

    edits = True

    def arguments(self, rows: Sequence[Row]) -> Arguments:
        """Embeddings and latents of each row; and no size of its own choice."""
        import torch

        size = rows[0].size
        return super().arguments(rows) | {
            "image": torch.cat([self._source(row) for row in rows]),
            "max_area": size.width * size.height,
            "_auto_resize": False,
        }

    def _source(self, row: Row) -> Any:
        return self.encoded(
            "source", (row.name, row.size), lambda: self.pipe._encode_vae_image(image=self.pixels(row), generator=None)
        )


class Klein(Batching):
    """FLUX.2 [klein]: a list of pictures would be references of every prompt, so each row's latents are laid in."""

    def __init__(self, pipe: Any, fixed: Arguments, encodings: Encodings) -> None:
        super().__init__(pipe, fixed, encodings)
        self._rows: Sequence[Row] = ()
        pipe.prepare_image_latents = self._latents

    def arguments(self, rows: Sequence[Row]) -> Arguments:
        """Embeddings of each text; one picture, for the size alone."""
        import torch

        self._rows = rows
        found: Arguments = {"prompt": None, "prompt_embeds": torch.cat([self._text(row.text) for row in rows])}
        if not self.pipe.config.is_distilled and float(self.fixed.get("guidance_scale", 4.0)) > 1.0:
            found["negative_prompt_embeds"] = torch.cat([self._text("")] * len(rows))
        if rows[0].source is not None:
            found["image"] = rows[0].source
        return found

    def _text(self, text: str) -> Any:
        length = {name: self.fixed[name] for name in ("max_sequence_length",) if name in self.fixed}
        return self.encoded(
            "text",
            text,
            lambda: self.pipe.encode_prompt(prompt=text, device=self.pipe._execution_device, **length)[0],
        )

    def _latents(self, *_: Any, device: Any, **__: Any) -> tuple[Any, Any]:
        """What the pipeline asks for in the middle of a call: a sequence of latents for each row, and their places."""
        import torch

        latents = [self._source(row) for row in self._rows]
        packed = torch.cat([self.pipe._pack_latents(one) for one in latents])
        places = self.pipe._prepare_image_ids(latents[:1]).repeat(len(latents), 1, 1)
        return packed.to(device), places.to(device)

    def _source(self, row: Row) -> Any:
        def make() -> Any:
            return self.pipe._encode_vae_image(image=self.pixels(row, resize_mode="crop"), generator=None)

        return self.encoded("source", (row.name, row.size), make)


class InstructPix2Pix(Batching):
    """InstructPix2Pix: its embeddings come in threes; a tensor of four channels counts as an encoded source."""

    edits = True

    def arguments(self, rows: Sequence[Row]) -> Arguments:
        """Embeddings and latents of each row."""
        import torch

        texts = [self._text(row.text) for row in rows]
        return {
            "prompt": None,
            "negative_prompt": None,
            "prompt_embeds": torch.cat([positive for positive, _ in texts]),
            "negative_prompt_embeds": torch.cat([negative for _, negative in texts]),
            "image": torch.cat([self._source(row) for row in rows]),
        }

    def _text(self, text: str) -> tuple[Any, Any]:
        def make() -> tuple[Any, Any]:
            device = self.pipe._execution_device
            positive, negative, _ = self.pipe._encode_prompt(text, device, 1, True, self.negative).chunk(3)
            return positive, negative

        made: tuple[Any, Any] = self.encoded("text", text, make)
        return made

    def _source(self, row: Row) -> Any:
        def make() -> Any:
            return self.pipe.vae.encode(self.pixels(row)).latent_dist.mode()

        return self.encoded("source", (row.name, row.size), make)


class QwenEdit(Batching):
    """Qwen-Image-Edit: reads the instruction together with the picture; lengths differ, so shorter ones are masked."""

    edits = True

    def __init__(self, pipe: Any, fixed: Arguments, encodings: Encodings) -> None:
        super().__init__(pipe, fixed, encodings)
        self._rows: Sequence[Row] = ()
        self._encode = pipe._encode_vae_image
        pipe._encode_vae_image = self._latents

    def arguments(self, rows: Sequence[Row]) -> Arguments:
        """Embeddings of each (text, source); the pictures, whose latents are laid in."""
        self._rows = rows
        found: Arguments = {"prompt": None, "image": [row.source for row in rows]}
        found |= self._texts(rows, [row.text for row in rows], "")
        if self.true_cfg:
            found |= {"negative_prompt": None, **self._texts(rows, [self.negative] * len(rows), "negative_")}
        return found

    def _texts(self, rows: Sequence[Row], texts: Sequence[str], prefix: str) -> Arguments:
        import torch

        made = [self._text(row, text)[0] for row, text in zip(rows, texts, strict=True)]
        longest = max(len(one) for one in made)
        embeds = torch.stack([torch.cat([one, one.new_zeros(longest - len(one), one.shape[1])]) for one in made])
        mask = torch.zeros(embeds.shape[:2], dtype=torch.long, device=embeds.device)
        for number, one in enumerate(made):
            mask[number, : len(one)] = 1
        whole = all(len(one) == longest for one in made)
        return {f"{prefix}prompt_embeds": embeds, f"{prefix}prompt_embeds_mask": None if whole else mask}

    def _text(self, row: Row, text: str) -> Any:
        def make() -> Any:
            seen = self.pipe.image_processor.resize(row.source, *self._seen_at(row))
            device = self.pipe._execution_device
            return self.pipe.encode_prompt(prompt=text, image=seen, device=device)[0]

        return self.encoded("text", (text, row.name, row.size), make)

    def _seen_at(self, row: Row) -> tuple[int, int]:
        """Height and width at which the pipeline would look at the source."""
        dimensions = import_module(type(self.pipe).__module__).calculate_dimensions
        width, height, *_ = dimensions(QWEN_PIXELS, row.size.width / row.size.height)
        return height, width

    def _latents(self, image: Any, **_: Any) -> Any:
        """What the pipeline asks for in the middle of a call: the latents of each row's source, made once."""
        import torch

        def latents(number: int, row: Row) -> Any:
            one = image[number : number + 1]
            return self.encoded("source", (row.name, row.size), lambda: self._encode(one, None))

        return torch.cat([latents(number, row) for number, row in enumerate(self._rows)])


class QwenEditPlus(Repeated):
    """Qwen-Image-Edit-2509 and later: one prompt a call, for which several pictures are references."""

    edits = True

    def __init__(self, pipe: Any, fixed: Arguments, encodings: Encodings) -> None:
        super().__init__(pipe, fixed, encodings)
        self._name: tuple[Any, ...] = ()
        self._encode = pipe._encode_vae_image
        pipe._encode_vae_image = self._latents

    def arguments(self, rows: Sequence[Row]) -> Arguments:
        """One text, one source; its latents are kept."""
        self._name = (rows[0].name, rows[0].size)
        return super().arguments(rows)

    def _latents(self, image: Any, **_: Any) -> Any:
        return self.encoded("source", self._name, lambda: self._encode(image, None))


FAMILIES: dict[str, type[Batching]] = {
    "FluxPipeline": Flux,
    "FluxKontextPipeline": Kontext,
    "Flux2KleinPipeline": Klein,
    "StableDiffusionInstructPix2PixPipeline": InstructPix2Pix,
    "QwenImageEditPipeline": QwenEdit,
    "QwenImageEditPlusPipeline": QwenEditPlus,
}
"""By pipeline class. Whatever is not here goes by `Listed` (drawing) or `Repeated` (editing)."""
