"""Whole pipelines of tiny random weights, saved as folders that load like real ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderDC,
    AutoencoderKLFlux2,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    FluxKontextPipeline,
    FluxPipeline,
    QwenImageEditPipeline,
    QwenImageEditPlusPipeline,
    QwenImagePipeline,
    SanaPipeline,
    SanaTransformer2DModel,
    StableDiffusionInstructPix2PixPipeline,
    UNet2DConditionModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from transformers import Gemma2Config, Gemma2Model

from tests.tiny.parts import (
    clip_text,
    flow,
    flux_transformer,
    kl_vae,
    qwen3,
    qwen_transformer,
    qwen_vae,
    qwen_vl,
    qwen_vl_processor,
    t5_encoder,
)
from tests.tiny.tokenizers import clip_tokenizer, gemma_tokenizer, qwen_tokenizer, t5_tokenizer


def build_flux(folder: Path) -> None:
    torch.manual_seed(0)
    FluxPipeline(
        scheduler=flow(), vae=kl_vae(4, shift=0.1159), text_encoder=clip_text(), tokenizer=clip_tokenizer(),
        text_encoder_2=t5_encoder(), tokenizer_2=t5_tokenizer(), transformer=flux_transformer(guidance=False),
    ).save_pretrained(folder)  # fmt: skip


def build_kontext(folder: Path) -> None:
    torch.manual_seed(0)
    FluxKontextPipeline(
        scheduler=flow(), vae=kl_vae(4, shift=0.1159), text_encoder=clip_text(), tokenizer=clip_tokenizer(),
        text_encoder_2=t5_encoder(), tokenizer_2=t5_tokenizer(), transformer=flux_transformer(guidance=True),
    ).save_pretrained(folder)  # fmt: skip


def build_klein(folder: Path, is_distilled: bool = True) -> None:
    torch.manual_seed(0)
    vae = AutoencoderKLFlux2(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4, latent_channels=4, sample_size=64,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    ).eval()  # fmt: skip
    # The pipeline reads hidden layers 9, 18, 27: 27 layers are needed, and joint_attention_dim = 3 × hidden.
    transformer = Flux2Transformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=48, timestep_guidance_channels=16, axes_dims_rope=(4, 4, 4, 4), guidance_embeds=False,
    ).eval()  # fmt: skip
    Flux2KleinPipeline(
        scheduler=flow(), vae=vae, text_encoder=qwen3(27), tokenizer=qwen_tokenizer(), transformer=transformer,
        is_distilled=is_distilled,
    ).save_pretrained(folder)  # fmt: skip


def build_pix2pix(folder: Path) -> None:
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        block_out_channels=(8, 16), layers_per_block=1, sample_size=8, in_channels=8, out_channels=4, norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16, attention_head_dim=2,
    ).eval()  # fmt: skip
    StableDiffusionInstructPix2PixPipeline(
        vae=kl_vae(4, quant=True), text_encoder=clip_text(), tokenizer=clip_tokenizer(), unet=unet,
        scheduler=DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
                                set_alpha_to_one=False, steps_offset=1),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    ).save_pretrained(folder)  # fmt: skip


def build_qwen_image(folder: Path) -> None:
    torch.manual_seed(0)
    tok = qwen_tokenizer()
    QwenImagePipeline(
        scheduler=flow(), vae=qwen_vae(), text_encoder=qwen_vl(tok), tokenizer=tok, transformer=qwen_transformer()
    ).save_pretrained(folder)


def _qwen_edit(cls: Any, folder: Path) -> None:
    torch.manual_seed(0)
    tok = qwen_tokenizer()
    cls(
        scheduler=flow(), vae=qwen_vae(), text_encoder=qwen_vl(tok), tokenizer=tok, processor=qwen_vl_processor(tok),
        transformer=qwen_transformer(),
    ).save_pretrained(folder)  # fmt: skip


def build_qwen_edit(folder: Path) -> None:
    _qwen_edit(QwenImageEditPipeline, folder)


def build_qwen_edit_plus(folder: Path) -> None:
    _qwen_edit(QwenImageEditPlusPipeline, folder)


def build_zimage(folder: Path) -> None:
    torch.manual_seed(0)
    transformer = ZImageTransformer2DModel(
        in_channels=4, dim=32, n_layers=1, n_refiner_layers=1, n_heads=2, n_kv_heads=2, cap_feat_dim=16,
        axes_dims=[4, 6, 6], axes_lens=[1536, 512, 512],
    ).eval()  # fmt: skip
    for name in ("x_pad_token", "cap_pad_token"):  # torch.empty: else not reproducible, maybe NaN
        torch.nn.init.normal_(getattr(transformer, name), std=0.02)
    ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0), vae=kl_vae(4, shift=0.1159),
        text_encoder=qwen3(2, causal=False), tokenizer=qwen_tokenizer(), transformer=transformer,
    ).save_pretrained(folder)  # fmt: skip


def build_sana(folder: Path) -> None:
    torch.manual_seed(0)
    vae = AutoencoderDC(
        latent_channels=4, encoder_block_types="ResBlock", decoder_block_types="ResBlock",
        encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8), encoder_qkv_multiscales=((), ()),
        decoder_qkv_multiscales=((), ()), encoder_layers_per_block=(1, 1), decoder_layers_per_block=(1, 1),
        downsample_block_type="conv", upsample_block_type="interpolate", decoder_norm_types="rms_norm",
        decoder_act_fns="silu", scaling_factor=0.41407,
    ).eval()  # fmt: skip
    text = Gemma2Model(
        Gemma2Config(vocab_size=len(gemma_tokenizer()), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
                     num_attention_heads=2, num_key_value_heads=1, head_dim=8, query_pre_attn_scalar=8,
                     bos_token_id=2, eos_token_id=1, pad_token_id=0)
    ).eval()  # fmt: skip
    transformer = SanaTransformer2DModel(
        in_channels=4, out_channels=4, num_layers=1, num_attention_heads=2, attention_head_dim=8,
        num_cross_attention_heads=2, cross_attention_head_dim=8, cross_attention_dim=16, caption_channels=16,
        sample_size=32, patch_size=1,
    ).eval()  # fmt: skip
    SanaPipeline(
        tokenizer=gemma_tokenizer(), text_encoder=text, vae=vae, transformer=transformer,
        scheduler=DPMSolverMultistepScheduler(use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=3.0),
    ).save_pretrained(folder)  # fmt: skip


BUILDERS: dict[str, Callable[[Path], None]] = {
    "flux": build_flux,
    "klein": build_klein,
    "klein_base": lambda folder: build_klein(folder, is_distilled=False),
    "kontext": build_kontext,
    "pix2pix": build_pix2pix,
    "qwen_edit": build_qwen_edit,
    "qwen_edit_plus": build_qwen_edit_plus,
    "qwen_image": build_qwen_image,
    "zimage": build_zimage,
    "sana": build_sana,
}
