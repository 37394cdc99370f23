"""The triage reader as a torch network: trained here, exported to ONNX, never imported by the program."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel
from triage_noise import Noise

_BATCH = 32
_LAYERS_FROZEN = 2
_RATE = 1e-4
_HEAD_RATE = 1e-3
_REASON_LOSS = 0.5
_SMOOTHING = 0.05
_WARM_UP = 60
_DROPOUT = 0.1


@dataclass(frozen=True, slots=True)
class Example:
    """One message.

    Attributes:
        kind: The place of its kind in the list of kinds.
        reason: The place of its reason in the list of reasons.
        is_harmless: It may stand beside another message and changes nothing about that one.
        is_mixed: Another harmless message may stand beside it; small talk beside a question is no longer small talk.
    """

    text: str
    kind: int
    reason: int
    is_harmless: bool
    is_mixed: bool


class ReaderNetwork(nn.Module):
    """The embedding model, mean pooling, and a layer each for the kinds and the reasons.

    Args:
        folder: The embedding model whose weights it starts from.
        kinds: How many kinds.
        reasons: How many reasons.
    """

    def __init__(self, folder: Path, *, kinds: int, reasons: int) -> None:
        super().__init__()
        self.transformer = AutoModel.from_pretrained(
            str(folder), local_files_only=True, attn_implementation="sdpa", add_pooling_layer=False
        )
        width = self.transformer.config.hidden_size
        self.dropout = nn.Dropout(_DROPOUT)
        self.kind = nn.Linear(width, kinds)
        self.reason = nn.Linear(width, reasons)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the logits of the kinds (batch, kinds) and of the reasons (batch, reasons)."""
        tokens = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
        pooled = self.dropout((tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9))
        return self.kind(pooled), self.reason(pooled)

    def freeze(self) -> None:
        """Keep the word vectors and the lowest layers as they are: they know more words than the messages have."""
        for part in (self.transformer.embeddings, *self.transformer.encoder.layer[:_LAYERS_FROZEN]):
            for parameter in part.parameters():
                parameter.requires_grad = False


def padded(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids and mask (batch, longest)."""
    ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    longest = max(map(len, ids))
    rows = torch.tensor([[*row, *[0] * (longest - len(row))] for row in ids])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    return rows, mask


def train(
    network: ReaderNetwork,
    examples: Sequence[Example],
    *,
    tokenizer: Tokenizer,
    epochs: int,
    seed: int,
    pace: float = 1.0,
) -> None:
    """Train, the learning rates (times `pace`) falling to nothing over all epochs."""
    torch.manual_seed(seed)
    generator = random.Random(seed)  # noqa: S311  # nothing here is secret
    noise = Noise([item.text for item in examples if item.is_harmless], seed=seed)
    network.freeze()
    network.train()
    free = [parameter for parameter in network.transformer.parameters() if parameter.requires_grad]
    heads = [*network.kind.parameters(), *network.reason.parameters()]
    optimiser = torch.optim.AdamW(
        [{"params": free, "most": _RATE}, {"params": heads, "most": _HEAD_RATE}], lr=_RATE, weight_decay=0.01
    )
    losses = _losses(network, examples)
    batches = [batch for _ in range(epochs) for batch in _batches(examples, noise, generator)]
    started, running = time.perf_counter(), 0.0
    for step, batch in enumerate(batches, start=1):
        share = min(1.0, step / _WARM_UP) * max(0.02, 1 - step / len(batches))
        for group in optimiser.param_groups:
            group["lr"] = group["most"] * share * pace
        kinds, reasons = network(*padded(tokenizer, [text for text, _ in batch]))
        loss = losses[0](kinds, torch.tensor([item.kind for _, item in batch]))
        loss = loss + _REASON_LOSS * losses[1](reasons, torch.tensor([item.reason for _, item in batch]))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([*free, *heads], 1.0)
        optimiser.step()
        running = 0.98 * running + 0.02 * float(loss.detach())
        if step % 25 == 0:
            seconds = time.perf_counter() - started
            print(f"{step}/{len(batches)} loss {running / (1 - 0.98**step):.3f} {seconds:.0f} s", flush=True)


def _losses(network: ReaderNetwork, examples: Sequence[Example]) -> tuple[nn.Module, nn.Module]:
    """Rare kinds and reasons weigh more, by the square root."""

    def weights(places: Sequence[int], count: int) -> torch.Tensor:
        counts = torch.bincount(torch.tensor(places), minlength=count).clamp(min=1).float()
        raw = counts.mean() / counts
        return raw.sqrt()

    return (
        nn.CrossEntropyLoss(
            weights([item.kind for item in examples], network.kind.out_features), label_smoothing=_SMOOTHING
        ),
        nn.CrossEntropyLoss(
            weights([item.reason for item in examples], network.reason.out_features), label_smoothing=_SMOOTHING
        ),
    )


def _batches(items: Sequence[Example], noise: Noise, generator: random.Random) -> list[list[tuple[str, Example]]]:
    """Batches of messages of a length, with this epoch's slips, in random order."""
    typed = [(noise.on(item.text, is_mixed=item.is_mixed), item) for item in items]
    order = sorted(typed, key=lambda pair: len(pair[0]) + generator.random() * 30)
    batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
    generator.shuffle(batches)
    return batches


def logits(network: ReaderNetwork, texts: Sequence[str], *, tokenizer: Tokenizer) -> NDArray[np.float32]:
    """Return the logits of the kinds (n, kinds), without noise, in the order of the texts."""
    network.eval()
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    found = np.zeros((len(texts), network.kind.out_features), dtype=np.float32)
    with torch.no_grad():
        for start in range(0, len(order), 32):
            places = order[start : start + 32]
            found[places] = network(*padded(tokenizer, [texts[place] for place in places]))[0].numpy()
    return found
