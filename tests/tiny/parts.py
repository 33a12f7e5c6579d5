"""Encoders, autoencoders and transformers of a few thousand random weights."""

from typing import Any

from diffusers import (
    AutoencoderKL,
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    FluxTransformer2DModel,
    QwenImageTransformer2DModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2VLImageProcessorPil,
    Qwen2VLProcessor,
    Qwen2VLVideoProcessor,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
)

from tests.tiny.tokenizers import clip_tokenizer, qwen_tokenizer, t5_tokenizer


def clip_text(hidden: int = 16) -> Any:
    tok = clip_tokenizer()
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tok), hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=1,
            num_attention_heads=2, projection_dim=hidden, max_position_embeddings=77,
            bos_token_id=tok.bos_token_id, eos_token_id=tok.eos_token_id, pad_token_id=tok.pad_token_id,
        )
    ).eval()  # fmt: skip


def t5_encoder(hidden: int = 16) -> Any:
    return T5EncoderModel(
        T5Config(vocab_size=len(t5_tokenizer()), d_model=hidden, d_kv=8, d_ff=2 * hidden, num_layers=1, num_heads=2)
    ).eval()


def qwen3(layers: int, causal: bool = True) -> Any:
    tok = qwen_tokenizer()
    cfg = Qwen3Config(
        vocab_size=len(tok), hidden_size=16, intermediate_size=32, num_hidden_layers=layers, num_attention_heads=2,
        num_key_value_heads=1, head_dim=8, max_position_embeddings=2048, tie_word_embeddings=True,
    )  # fmt: skip
    return (Qwen3ForCausalLM if causal else Qwen3Model)(cfg).eval()


def qwen_vl(tok: Any) -> Any:
    at = tok.convert_tokens_to_ids
    cfg = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tok), "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
            "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 8192,
            "bos_token_id": None, "eos_token_id": None,
            "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 1e6},
        },
        vision_config={
            "depth": 2, "hidden_size": 16, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 16,
            "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112,
            "fullatt_block_indexes": [1],
        },
        image_token_id=at("<|image_pad|>"), video_token_id=at("<|video_pad|>"),
        vision_start_token_id=at("<|vision_start|>"), vision_end_token_id=at("<|vision_end|>"),
        tie_word_embeddings=False,
    )  # fmt: skip
    return Qwen2_5_VLForConditionalGeneration(cfg).eval()


def qwen_vl_processor(tok: Any) -> Any:
    """Needs torchvision: without it transformers 5.24 refuses any Qwen2VLProcessor (no video processor class)."""
    image = Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=56 * 56)
    return Qwen2VLProcessor(image_processor=image, tokenizer=tok, video_processor=Qwen2VLVideoProcessor())


def kl_vae(latent: int, shift: float | None = None, quant: bool = False) -> Any:
    extra = {} if shift is None else {"shift_factor": shift}
    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4, latent_channels=latent, sample_size=64,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        use_quant_conv=quant, use_post_quant_conv=quant,
        scaling_factor=0.3611 if shift is not None else 0.18215, **extra,
    ).eval()  # fmt: skip


def qwen_vae() -> Any:
    z = 4
    return AutoencoderKLQwenImage(
        base_dim=8, z_dim=z, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True],
        latents_mean=[0.0] * z, latents_std=[1.0] * z,
    ).eval()  # fmt: skip


def flux_transformer(guidance: bool) -> Any:
    return FluxTransformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=16, pooled_projection_dim=16, guidance_embeds=guidance, axes_dims_rope=(4, 4, 8),
    ).eval()  # fmt: skip


def qwen_transformer() -> Any:
    return QwenImageTransformer2DModel(
        patch_size=2, in_channels=16, out_channels=4, num_layers=2, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=16, guidance_embeds=False, axes_dims_rope=(4, 6, 6),
    ).eval()  # fmt: skip


def flow() -> Any:
    return FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)
