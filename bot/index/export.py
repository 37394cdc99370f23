"""The same model as an ONNX file, so that queries need neither torch nor sentence-transformers.

sentence-transformers 6 has no ONNX backend that installs
(https://github.com/huggingface/optimum-onnx/issues/114); when it has one, this module can go.
"""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

from bot.errors import ModelError
from bot.index.embedder import SentenceEmbedder
from bot.index.query_encoder import MODEL_FILE

_OPSET = 17


def export_query_model(embedder: SentenceEmbedder, folder: Path) -> None:
    """Write the transformer, mean pooling and normalisation as one ONNX file.

    Raises:
        ModelError: The export failed; queries are then answered by sentence-transformers itself.
        OSError: The disk is full or read-only.
    """
    import torch

    class Pooled(torch.nn.Module):
        """Mean of the token vectors under the attention mask, scaled to length 1."""

        def __init__(self, transformer: torch.nn.Module) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            tokens = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
            mean = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, dim=1)

    example = torch.ones(2, 7, dtype=torch.long)
    axes = {name: {0: "batch", 1: "length"} for name in ("input_ids", "attention_mask")}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            # The tracer warns of Python branches that are constant for this model; parity is checked after.
            warnings.simplefilter("ignore")
            logging.getLogger("torch.onnx").setLevel(logging.ERROR)
            torch.onnx.export(
                Pooled(embedder.transformer).eval(),
                (example, example),
                str(folder / MODEL_FILE),
                input_names=["input_ids", "attention_mask"],
                output_names=["embedding"],
                dynamic_axes=axes,
                opset_version=_OPSET,
                dynamo=False,
            )
    except OSError:
        raise
    except Exception as error:  # the tracer trips over other architectures in many ways
        raise ModelError("The query model could not be exported.") from error
