"""The support classifier as a torch network: trained here, exported to ONNX, never imported by the program."""

from __future__ import annotations

import difflib
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel

MAX_TOKENS = 224
_BATCH = 24
_WARM_UP = 60
_TOKEN_LOSS = 0.5
_TWIN_LOSS = 0.5


@dataclass(frozen=True, slots=True)
class Example:
    """One pair, ready for the network.

    Args:
        ids: Token ids of ``[CLS] sentence [SEP] passage [SEP]``.
        types: 0 for the sentence, 1 for the passage.
        label: 1 supported, 0 not.
        wrong: For each token 1 where it is known to be wrong, 0 where it is known to be right, -1 unknown.
        key: Of a supported sentence, and of those that were made from it by changing one thing; None where unknown.
    """

    ids: tuple[int, ...]
    types: tuple[int, ...]
    label: float
    wrong: tuple[int, ...]
    key: str | None


def example(tokenizer: Tokenizer, *, sentence: str, passage: str, label: bool, original: str | None = None) -> Example:
    """Prepare a pair; ``original`` is the supported sentence that this one was corrupted from."""
    encoding = tokenizer.encode(sentence, passage)
    types = tuple(encoding.type_ids)
    wrong = [-1] * len(types)
    if label or original is not None:
        length = types.index(1) if 1 in types else len(types)
        marks = [0] * (length - 2)
        if original is not None:
            before = tokenizer.encode(original, add_special_tokens=False).ids
            marks = _marks(before, list(encoding.ids[1 : length - 1]))
        wrong[1 : length - 1] = marks
    own = sentence if label else original
    return Example(tuple(encoding.ids), types, float(label), tuple(wrong), None if own is None else own + passage)


def _marks(before: list[int], after: list[int]) -> list[int]:
    """Mark what was put in, and the neighbours of what was taken out."""
    marks = [0] * len(after)
    for how, _i1, _i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if how in ("insert", "replace"):
            marks[j1:j2] = [1] * (j2 - j1)
        elif how == "delete" and after:
            marks[min(j1, len(after) - 1)] = 1
    return marks


class SupportNetwork(nn.Module):
    """A transformer over both texts; the sentence is as well supported as its worst token allows.

    Args:
        folder: The embedding model whose weights it starts from.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.transformer = AutoModel.from_pretrained(
            str(folder),
            local_files_only=True,
            attn_implementation="sdpa",
            hidden_dropout_prob=0.1,
            attention_probs_dropout_prob=0.0,
        )
        width = self.transformer.config.hidden_size
        self.whole = nn.Linear(width, 1)
        self.token = nn.Linear(width, 1)
        self.dropout = nn.Dropout(0.1)
        nn.init.normal_(self.whole.weight, std=0.02)
        nn.init.normal_(self.token.weight, std=0.02)
        nn.init.constant_(self.token.bias, -2.0)

    def tokens(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the logit of the whole (batch,) and of each token being wrong (batch, length)."""
        hidden = self.transformer(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        hidden = self.dropout(hidden)
        return self.whole(hidden[:, 0]).squeeze(-1), self.token(hidden).squeeze(-1)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        """Return (batch, 2): the support logit, and the logit of the worst token being wrong."""
        whole, wrong = self.tokens(input_ids, attention_mask, token_type_ids)
        worst = pooled(wrong, attention_mask, token_type_ids)
        return torch.stack([whole - worst, worst], dim=1)


def pooled(wrong: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
    """Return a soft maximum over the sentence's tokens."""
    counts = (mask * (1 - types)).to(wrong.dtype)
    return torch.logsumexp(wrong + (counts - 1.0) * 1e4, dim=1)


def padded(batch: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Pad a batch to its longest."""
    length = max(len(item.ids) for item in batch)

    def rows(values: Sequence[Sequence[int]], filler: int) -> torch.Tensor:
        return torch.tensor([[*row, *[filler] * (length - len(row))] for row in values])

    return {
        "ids": rows([item.ids for item in batch], 0),
        "mask": rows([[1] * len(item.ids) for item in batch], 0),
        "types": rows([item.types for item in batch], 1),
        "wrong": rows([item.wrong for item in batch], -1),
        "labels": torch.tensor([item.label for item in batch]),
    }


def train(
    network: SupportNetwork, stages: Sequence[Sequence[Example]], *, rate: float, seed: int, weights: Path | None
) -> None:
    """Train through stages of examples, the learning rate falling to nothing over all of them.

    Args:
        weights: Where to keep the full weights after every stage.
    """
    torch.manual_seed(seed)
    generator = random.Random(seed)  # noqa: S311  # nothing here is secret
    network.train()
    for parameter in network.transformer.embeddings.parameters():
        parameter.requires_grad = False
    free = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(free, lr=rate, weight_decay=0.01)
    batches = [_batches(items, generator) for items in stages]
    steps = sum(len(stage) for stage in batches)
    started = time.perf_counter()
    running, step = 0.0, 0
    for stage in batches:
        for batch in stage:
            step += 1
            for group in optimiser.param_groups:
                group["lr"] = rate * min(1.0, step / _WARM_UP) * max(0.03, 1 - step / steps)
            loss = _loss(network, batch)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch ships no types for it
            nn.utils.clip_grad_norm_(free, 1.0)
            optimiser.step()
            running = 0.98 * running + 0.02 * float(loss.detach())
            if step % 50 == 0:
                seconds = time.perf_counter() - started
                print(f"{step}/{steps} loss {running / (1 - 0.98**step):.3f} {seconds:.0f} s", flush=True)
        if weights is not None:
            torch.save(network.state_dict(), weights)


def _loss(network: SupportNetwork, examples: Sequence[Example]) -> torch.Tensor:
    batch = padded(examples)
    whole, wrong = network.tokens(batch["ids"], batch["mask"], batch["types"])
    support = whole - pooled(wrong, batch["mask"], batch["types"])
    loss = nn.functional.binary_cross_entropy_with_logits(support, batch["labels"])
    known = batch["wrong"] >= 0
    if known.any():
        target = batch["wrong"][known].float()
        weight = torch.where(target > 0, 3.0, 1.0)
        loss = loss + _TOKEN_LOSS * nn.functional.binary_cross_entropy_with_logits(wrong[known], target, weight=weight)
    right, false = _twins(examples)
    if right:
        loss = loss + _TWIN_LOSS * nn.functional.softplus(1.0 - (support[right] - support[false])).mean()
    return loss


def _twins(examples: Sequence[Example]) -> tuple[list[int], list[int]]:
    """Return the places of supported sentences and of what was made from them, pair by pair."""
    places = range(len(examples))
    pairs = [
        (right, false)
        for right in places
        if examples[right].label and examples[right].key is not None
        for false in places
        if not examples[false].label and examples[false].key == examples[right].key
    ]
    return [right for right, _ in pairs], [false for _, false in pairs]


def _batches(items: Sequence[Example], generator: random.Random) -> list[list[Example]]:
    """Batches of examples of a length, in random order; a sentence and what was made from it stay together."""
    families: dict[str | int, list[Example]] = {}
    for place, item in enumerate(items):
        families.setdefault(place if item.key is None else item.key, []).append(item)
    order = sorted(families.values(), key=lambda one: max(len(item.ids) for item in one) + generator.random() * 20)
    batches: list[list[Example]] = [[]]
    for family in order:
        if len(batches[-1]) >= _BATCH:
            batches.append([])
        batches[-1].extend(family[:_BATCH])
    generator.shuffle(batches)
    return batches


def scores(network: SupportNetwork, items: Sequence[Example]) -> NDArray[np.float32]:
    """Return (n, 2): what the network gives for each example, in their order."""
    network.eval()
    order = sorted(range(len(items)), key=lambda place: len(items[place].ids))
    found: NDArray[np.float32] = np.zeros((len(items), 2), dtype=np.float32)
    with torch.no_grad():
        for start in range(0, len(order), 32):
            places = order[start : start + 32]
            batch = padded([items[place] for place in places])
            found[places] = network(batch["ids"], batch["mask"], batch["types"]).numpy()
    return found


def open_tokenizer(folder: Path) -> Tokenizer:
    """Open the tokenizer; the passage is what is cut when both are too long."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
    return tokenizer


def as_json(value: Any) -> str:
    """Return stable JSON."""
    return json.dumps(value, indent=1, sort_keys=True) + "\n"
