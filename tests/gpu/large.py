"""FLUX.1 Kontext's real transformer with random weights: as heavy as the model, and nothing is downloaded.

Its text encoders are tiny ones whose outputs are as wide as the real ones', for they take little of the time.
"""

import tempfile
from pathlib import Path
from typing import Any

from tests.bench import bench_diffusion
from tests.tiny import ready

LAYERS, SINGLE_LAYERS, WIDTH, POOLED = 19, 38, 4096, 768
SIDE = 1024


def save(folder: Path, layers: int = LAYERS, single_layers: int = SINGLE_LAYERS) -> Path:
    """Save the pipeline, in bf16; the defaults are FLUX.1's own 12 billion parameters."""
    ready()
    import torch
    from diffusers import AutoencoderKL, FluxKontextPipeline, FluxTransformer2DModel

    from tests.tiny.parts import clip_text, flow, t5_encoder
    from tests.tiny.tokenizers import clip_tokenizer, t5_tokenizer

    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device("cuda"):
            transformer: Any = FluxTransformer2DModel(
                num_layers=layers, num_single_layers=single_layers, guidance_embeds=True
            )
            vae = AutoencoderKL(
                block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=16, sample_size=1024,
                down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
                use_quant_conv=False, use_post_quant_conv=False, scaling_factor=0.3611, shift_factor=0.1159,
            )  # fmt: skip
    finally:
        torch.set_default_dtype(torch.float32)
    FluxKontextPipeline(
        scheduler=flow(), vae=vae, text_encoder=clip_text(POOLED), tokenizer=clip_tokenizer(),
        text_encoder_2=t5_encoder(WIDTH), tokenizer_2=t5_tokenizer(), transformer=transformer,
    ).save_pretrained(folder)  # fmt: skip
    return folder


def rows() -> list[tuple[str, str]]:
    """(what, measured) for the table of `make bench-gpu`; one line where there is no GPU."""
    import torch

    if not torch.cuda.is_available():
        return [("full-size random weights", "not measured: torch sees no GPU here")]
    card = torch.cuda.get_device_name()
    with tempfile.TemporaryDirectory() as folder:
        made = save(Path(folder) / "kontext")
        torch.cuda.empty_cache()
        return [
            (f"Kontext 12B, 1024 x 1024, 8 steps, {card}: {what}", found)
            for what, found in bench_diffusion.measured(made, SIDE, batch=8)
        ]
