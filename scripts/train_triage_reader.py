"""Trains the reader of the meaning check: ``python scripts/train_triage_reader.py``.

Reads ``bot/conversation/triage/meaning.yaml`` and writes three files to ``bot/conversation/triage/model``: the network
with eight-bit weights (``reader.onnx``), its tokenizer, and the thresholds with the digests of all (``reader.json``).

1. Messages that are nearly the same (cosine `NEAR_TWINS` or more) make a group; of a hundred groups `HELD_OUT` are
   never trained on. A digest decides which, so that a new message moves no other one.
2. The network (``triage_network.py``) starts from the embedding model and reads the others `EPOCHS` times, each time
   with other slips of the finger (``triage_noise.py``).
3. It is exported and quantised; from here on only the exported file is asked.
4. The thresholds are the lowest at which at most `FALSE_ALARMS` of the harmless held-out messages pass that the rules
   alone let through. `reader.json` keeps the recall at each of `CURVE` beside them.

``--weights FILE`` keeps the full weights, or takes them from there and trains nothing. ``--from FILE`` goes on from
such weights when a few messages were added. Everything is seeded, on two threads; the committed network was made in one
run without ``--from``, in some twenty minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from bot.conversation.triage.meaning import (
    AFTER_CAR_T_KIND,
    CRISIS,
    DANGER,
    DANGER_AFTER_CAR_T,
    DATA_PATH,
    DECISION_FILE,
    MODEL_DIR,
    Decision,
    Impression,
    MeaningCheck,
    data_digest,
    kind_of,
)
from bot.conversation.triage.reader import MODEL_FILE, TOKENIZER_FILE, Reader
from bot.conversation.triage.triage import Triage, load_triage
from bot.domain import Outcome
from bot.index.embedder import SentenceEmbedder, model_folder, weights_file
from bot.index.manifest import file_digest

SEED = 0
EPOCHS = 6
MORE_EPOCHS, MORE_PACE = 1, 0.5
"""With ``--from``: how often the messages are read once more, and at what part of the learning rate."""
LONGEST = 128
"""Tokens of a message while training; nearly all are shorter."""
NEAR_TWINS = 0.8
HELD_OUT = 15
KINDS = ("none", "red_flag", AFTER_CAR_T_KIND, "crisis", "personal", "asked_for_person", "talk")
FALSE_ALARMS = {DANGER: 0.02, DANGER_AFTER_CAR_T: 0.02, "personal": 0.01, "asked_for_person": 0.005, "talk": 0.0025}
CURVE = (0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05)
CRISIS_LEAST = 0.8
"""Where a crisis is the likeliest danger; chosen on the messages kept from training, the development questions and
the tuning messages of tests/data: a lower one finds hardly more crises, and takes more long family stories for one."""
LEAST = dict.fromkeys(FALSE_ALARMS, 0.6) | {"talk": 0.93}
"""No threshold is lower, whatever a small held-out part says; "how did she do?" among questions scores up to 0.92."""
DANGERS = ("red_flag", AFTER_CAR_T_KIND, "crisis")
OWN = {DANGER: ("red_flag", "crisis"), DANGER_AFTER_CAR_T: DANGERS}
# What each may be mistaken for: the messages behind it in the order of triage.
HARMLESS = {
    DANGER: ("none", "personal", "asked_for_person", "talk"),
    DANGER_AFTER_CAR_T: ("none", "personal", "asked_for_person", "talk"),
    "personal": ("none", "asked_for_person", "talk"),
    "asked_for_person": ("none", "personal", "talk"),
    "talk": ("none", "personal", "asked_for_person"),
}
# Beside small talk nobody can say whether "okay then" is any.
EITHER_WAY = ("none.talk", "none.small_talk")
OUTCOMES = {"asked_for_person": Outcome.HANDOFF, "personal": Outcome.PERSONAL, "talk": Outcome.CONVERSATION}
ALARMS = (Outcome.EMERGENCY, Outcome.CRISIS)
DIGITS = 4

Strings = NDArray[np.str_]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Data:
    """The messages, row by row, with their reasons, kinds and whether they are held out."""

    texts: tuple[str, ...]
    reasons: Strings
    kinds: Strings
    is_held: Mask

    @property
    def names(self) -> tuple[str, ...]:
        """The reasons in the order of the file."""
        return tuple(dict.fromkeys(self.reasons.tolist()))


def main() -> None:
    """Train, export, measure, write."""
    parser = argparse.ArgumentParser(description="Train the triage reader.")
    parser.add_argument("--weights", type=Path, help="keep the full weights here, or take them from here")
    parser.add_argument("--from", dest="start", type=Path, help="go on from these full weights")
    options = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    folder = model_folder()
    data = read_messages(SentenceEmbedder(folder=folder))
    print(f"{(~data.is_held).sum()} messages to train on, {data.is_held.sum()} held out")
    full = make_network(data, folder=folder, weights=options.weights, start=options.start)
    files = {name: file_digest(MODEL_DIR / name) for name in (MODEL_FILE, TOKENIZER_FILE)}
    decision = Decision(data_digest(), files=files, kinds=KINDS, reasons=data.names, thresholds={})
    measured = measure(data, decision, full=full)
    written = {
        "data_sha256": decision.data,
        "started_from_sha256": file_digest(weights_file(folder)),
        "seed": SEED,
        "files": files,
        "kinds": KINDS,
        "reasons": decision.reasons,
        "thresholds": {name: figures["threshold"] for name, figures in measured["checks"].items()}
        | {CRISIS: CRISIS_LEAST},
        "measured": measured,
    }
    (MODEL_DIR / DECISION_FILE).write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(measured, indent=1))


def read_messages(embedder: SentenceEmbedder) -> Data:
    """Read the messages and choose what is held out."""
    sentences = yaml.safe_load(DATA_PATH.read_text(encoding="utf-8"))
    rows = [(reason, text) for reason, texts in sentences.items() for text in texts]
    texts = tuple(text for _, text in rows)
    groups = near_twins(embedder.embed(list(texts)))
    return Data(
        texts=texts,
        reasons=np.array([reason for reason, _ in rows]),
        kinds=np.array([kind_of(reason) for reason, _ in rows]),
        is_held=np.array([is_held_out(texts[first]) for first in groups]),
    )


def near_twins(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """Number the groups of messages that hang together by near sameness, each by its first message."""
    group = np.arange(len(vectors))
    for one, other in np.argwhere(np.triu(vectors @ vectors.T >= NEAR_TWINS, k=1)):
        group[group == group[other]] = group[one]
    return group


def is_held_out(text: str) -> bool:
    """Tell whether the group of a message is kept from training, by its digest and nothing else."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 100 < HELD_OUT


def make_network(data: Data, *, folder: Path, weights: Path | None, start: Path | None) -> NDArray[np.float32]:
    """Train or take the network, export it, and return the logits of its full weights."""
    import torch
    from tokenizers import Tokenizer
    from triage_network import Example, ReaderNetwork, logits, train

    torch.set_num_threads(2)
    torch.manual_seed(SEED)
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    network = ReaderNetwork(folder, kinds=len(KINDS), reasons=len(data.names))
    if weights is not None and weights.exists():
        network.load_state_dict(torch.load(weights, weights_only=True))
    else:
        examples = [
            Example(
                text,
                kind=KINDS.index(kind),
                reason=data.names.index(reason),
                is_harmless=kind == "none",
                is_mixed=kind != "talk",
            )
            for text, kind, reason, is_held in zip(data.texts, data.kinds, data.reasons, data.is_held, strict=True)
            if not is_held
        ]
        if start is None:
            train(network, examples, tokenizer=tokenizer, epochs=EPOCHS, seed=SEED)
        else:
            network.load_state_dict(torch.load(start, weights_only=True))
            train(network, examples, tokenizer=tokenizer, epochs=MORE_EPOCHS, seed=SEED, pace=MORE_PACE)
        if weights is not None:
            torch.save(network.state_dict(), weights)
    export(network.eval(), tokenizer_file=folder / TOKENIZER_FILE)
    return logits(network, held_texts(data), tokenizer=tokenizer)


def held_texts(data: Data) -> list[str]:
    """Return the messages that were not trained on."""
    return [text for text, is_held in zip(data.texts, data.is_held, strict=True) if is_held]


def export(network: Any, *, tokenizer_file: Path) -> None:
    """Write the network with eight-bit weights, and its tokenizer."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    names = ["input_ids", "attention_mask"]
    sample = (torch.ones(2, 9, dtype=torch.long), torch.ones(2, 9, dtype=torch.long))
    MODEL_DIR.mkdir(exist_ok=True)
    with TemporaryDirectory() as scratch, warnings.catch_warnings(), torch.no_grad():
        # The tracer warns of Python branches that are constant for this model.
        warnings.simplefilter("ignore")
        whole = Path(scratch) / "whole.onnx"
        torch.onnx.export(
            network,
            sample,
            str(whole),
            input_names=names,
            output_names=["kinds", "reasons"],
            dynamic_axes={name: {0: "batch", 1: "length"} for name in names},
            opset_version=17,
            dynamo=False,
        )
        # Seven of the eight bits: on processors without VNNI full ones overflow, and every machine must judge alike.
        quantize_dynamic(
            whole, MODEL_DIR / MODEL_FILE, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
        )
    shutil.copyfile(tokenizer_file, MODEL_DIR / TOKENIZER_FILE)


def measure(data: Data, decision: Decision, *, full: NDArray[np.float32]) -> dict[str, Any]:
    """Return thresholds and figures on the held-out messages, read by the exported network."""
    check = MeaningCheck(decision, read=Reader(folder=MODEL_DIR, digests=decision.files).read)
    texts = held_texts(data)
    impressions = [check.impression(text) for text in texts]
    before = [Impression(decision, kinds=row[None].astype(np.float64), reasons=np.zeros((1, 1))) for row in full]
    reasons, kinds = data.reasons[data.is_held], data.kinds[data.is_held]
    outcomes = by_rules(texts, kinds)
    checks, changed = {}, {}
    for name in FALSE_ALARMS:
        scores, full_scores = scores_of(impressions, name), scores_of(before, name)
        checks[name] = figures_of(name, scores, kinds=kinds, reasons=reasons, outcomes=outcomes)
        over = scores > checks[name]["threshold"]
        changed[name] = int((over != (full_scores > checks[name]["threshold"])).sum())
    return {
        "held_out": len(texts),
        "checks": checks,
        "decisions_changed_by_eight_bits": changed,
        "rules": {kind: round(float(np.isin(outcomes[kinds == kind], ALARMS).mean()), DIGITS) for kind in KINDS},
        "right_reason": right_reasons(impressions, kinds=kinds, reasons=reasons, decision=decision),
    }


def by_rules(texts: Sequence[str], kinds: Strings) -> Strings:
    """Return the outcome of each message by the rules alone, "" for none."""
    triage: Triage = load_triage()
    return np.array(
        [
            triage.check(text, after_car_t=kind == AFTER_CAR_T_KIND).outcome or ""
            for text, kind in zip(texts, kinds, strict=True)
        ]
    )


def scores_of(impressions: Sequence[Impression], name: str) -> NDArray[np.float64]:
    """Return the score of each message for one check."""
    return np.array([impression.score(*OWN.get(name, (name,))) for impression in impressions])


def figures_of(
    name: str, scores: NDArray[np.float64], *, kinds: Strings, reasons: Strings, outcomes: Strings
) -> dict[str, Any]:
    """Return the threshold of one check, the recall of each kind there, and the curve."""
    seen = np.isin(outcomes, ALARMS if name in OWN else (OUTCOMES[name],))
    harmless = np.isin(kinds, HARMLESS[name]) & ~np.isin(reasons, EITHER_WAY if name == "talk" else ())
    own = OWN.get(name, (name,))

    def at(share: float) -> float:
        could_alarm = np.sort(scores[harmless & ~seen])[::-1]
        return float(could_alarm[math.floor(share * harmless.sum())])

    def recall(threshold: float) -> dict[str, float]:
        return {kind: round(float((scores > threshold)[kinds == kind].mean()), DIGITS) for kind in own}

    # Rounded up, for the message at the threshold itself has to stay below.
    threshold = max(LEAST[name], math.ceil(at(FALSE_ALARMS[name]) * 10**DIGITS) / 10**DIGITS)
    raised = scores > threshold
    return {
        "threshold": threshold,
        "recall": recall(threshold),
        "recall_with_rules": {kind: round(float((raised | seen)[kinds == kind].mean()), DIGITS) for kind in own},
        "false_alarms": round(float((raised & ~seen)[harmless].mean()), DIGITS),
        "false_alarms_of_rules": round(float(seen[harmless].mean()), DIGITS),
        "harmless": int(harmless.sum()),
        "curve": {str(share): {"threshold": round(at(share), DIGITS), **recall(at(share))} for share in CURVE},
    }


def right_reasons(
    impressions: Sequence[Impression], *, kinds: Strings, reasons: Strings, decision: Decision
) -> dict[str, float]:
    """Return for each kind how often its own reason is told once the kind is known, or the gravest instead."""
    found = np.array(
        [impression.reason(kind) if kind != "none" else "" for impression, kind in zip(impressions, kinds, strict=True)]
    )
    right = {kind: round(float((found == reasons)[kinds == kind].mean()), DIGITS) for kind in KINDS if kind != "none"}
    return {
        **right,
        "red_flag_told_gravest": round(float((found == "red_flag.severe")[kinds == "red_flag"].mean()), DIGITS),
    }


if __name__ == "__main__":
    main()
