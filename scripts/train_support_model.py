"""Trains the check whether a passage supports a sentence: ``python scripts/train_support_model.py``.

Reads ``scripts/support_data/*.jsonl`` (written by hand: id, group, passage, sentence, label, kind) and the guide's own
sections, and writes three files to ``bot/answer/verify/model``: the classifier with eight-bit weights
(``support.onnx``), its tokenizer, and the weights of the last step with the digests of both (``decision.json``).

1. Passages are split by their digest: `HELD_OUT` of them are never trained on.
2. Sentences of the guide and supported sentences written by hand are corrupted (``support_corruptions.py``).
3. The network (``support_network.py``) starts from the embedding model and reads the corrupted pairs once, then the
   hand-written ones `EPOCHS` times.
4. It is exported and quantised; from here on only the exported file is asked.
5. Small trees over the rules' findings are fitted on the passages trained on, and a logistic over their sum and the
   network's two figures on the held-out ones.
6. The threshold is the highest at which, out of fold, `DROPPED` of the supported held-out sentences are dropped.

With ``--calibration FILE`` the pairs of that file join step 5 and 6 (they are never trained on); their figures are
told out of fold, the folds split by passage. With ``--reuse`` steps 2 to 4 are left out. Everything is seeded. About
half an hour on two cores.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from support_corruptions import Corrupter, Pair, sentences_of, supported_variants

from bot.answer.verify.alignment import align
from bot.answer.verify.cross_encoder import MODEL_FILE, TOKENIZER_FILE, CrossEncoder
from bot.answer.verify.decision import CLASSIFIER_FINDINGS, RULES, VETOES
from bot.answer.verify.features import features
from bot.answer.verify.reading import read
from bot.answer.verify.trimming import trimmed
from bot.answer.verify.verifier import DECISION_FILE, MODEL_DIR
from bot.corpus.loader import load_corpus
from bot.index.embedder import model_folder
from bot.index.manifest import file_digest

ROOT = Path(__file__).resolve().parents[1]
DATA_DIR = Path(__file__).with_name("support_data")
SEED = 0
HELD_OUT = 15
"""Of a hundred passages, how many are kept from training."""
FIRST = 2000
"""Corrupted pairs that are read before any hand-written one."""
EPOCHS = 2
RATE = 1e-4
FOREIGN = 600
"""Pairs of a section and a sentence of another one, for the trees: people wrote near misses only."""
DROPPED = 0.045
FOLDS = 10
_TREES: dict[str, Any] = {
    "n_estimators": 150,
    "max_depth": 3,
    "learning_rate": 0.1,
    "subsample": 0.7,
    "min_samples_leaf": 20,
}
_LAST_C = 1.0

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Table:
    """Findings of pairs, row by row: the rules' (n, rules), the network's (n, 2), labels, kinds, groups of passages."""

    rules: Matrix
    network: Matrix
    is_supported: Mask
    kinds: NDArray[Any]
    groups: NDArray[np.int64]

    @property
    def is_vetoed(self) -> Mask:
        """Rows that a rule alone rules out."""
        columns = [FINDINGS.index(name) for name in VETOES]
        return np.asarray((self.rules[:, columns] >= 1).any(axis=1), dtype=np.bool_)


FINDINGS = list(features("Nothing.", "Nothing."))


def main() -> None:
    """Train, export, fit the last step, write."""
    parser = argparse.ArgumentParser(description="Train the support check.")
    parser.add_argument("--calibration", type=Path, help="pairs for the last step only")
    parser.add_argument("--weights", type=Path, help="keep the full weights here")
    parser.add_argument("--reuse", action="store_true", help="keep the network, fit the last step again")
    options = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    pairs = read_pairs(sorted(DATA_DIR.glob("*.jsonl")))
    kept = [pair for pair in pairs if not is_held_out(pair.passage)]
    held = [pair for pair in pairs if is_held_out(pair.passage)]
    print(f"{len(kept)} pairs to train on, {len(held)} held out")
    if not options.reuse:
        train_network(kept, held, weights=options.weights)
    digests = {name: file_digest(MODEL_DIR / name) for name in (MODEL_FILE, TOKENIZER_FILE)}
    encoder = CrossEncoder(folder=MODEL_DIR, digests=digests)
    extra = read_pairs([options.calibration]) if options.calibration else []
    ruled = table_of([*kept, *foreign_pairs(held, count=FOREIGN)], None)
    fitted = fit(ruled, table_of([*held, *extra], encoder), split=len(held))
    (MODEL_DIR / DECISION_FILE).write_text(as_text({**fitted, "seed": SEED, "files": digests}), encoding="utf-8")


def as_text(fitted: dict[str, Any]) -> str:
    """Return the JSON with each tree on one line."""
    trees = ",\n  ".join(json.dumps(tree) for tree in fitted.pop("trees"))
    return f'{json.dumps(fitted, indent=1)[:-2]},\n "trees": [\n  {trees}\n ]\n}}\n'


def read_pairs(paths: Sequence[Path]) -> list[Pair]:
    """Read pairs from JSON Lines."""
    items = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [
        Pair(item["passage"], item["sentence"], item["label"] == "supported", item["passage"], item["kind"])
        for item in items
    ]


def is_held_out(passage: str) -> bool:
    """Tell whether a passage is kept from training, by its digest and nothing else."""
    return number_of(passage) % 100 < HELD_OUT


def number_of(passage: str) -> int:
    """Return a number that is the same for the same passage everywhere."""
    return int(hashlib.sha256(passage.encode()).hexdigest()[:12], 16)


def corrupted_pairs(kept: Sequence[Pair], held: Sequence[Pair]) -> list[tuple[Pair, str | None]]:
    """Return made pairs with the sentence each was corrupted from; no passage that is held out is among them."""
    openings = {pair.passage[:60].lower() for pair in held}
    sections = [section.text for section in load_corpus(ROOT / "corpus").sections]
    sections = [text for text in sections if text[:60].lower() not in openings]
    generator = random.Random(SEED)  # noqa: S311  # nothing here is secret
    corrupter = Corrupter(pool=[sentence for text in sections for sentence in sentences_of(text)], seed=SEED)
    made: list[tuple[Pair, str | None]] = []
    for pair in kept:
        if pair.is_supported:
            for way, sentence in corrupter.corruptions(pair.sentence, pair.passage, most=2):
                made.append((Pair(pair.passage, sentence, False, pair.group, way), pair.sentence))
    for text in sections:
        for way, sentence in supported_variants(text, generator, most=2):
            made.append((Pair(text, sentence, True, text, way), None))
            for other, wrong in corrupter.corruptions(sentence, text, most=1):
                made.append((Pair(text, wrong, False, text, other), sentence))
    generator.shuffle(made)
    return made[:FIRST]


def foreign_pairs(held: Sequence[Pair], *, count: int) -> list[Pair]:
    """Return sections with sentences of other ones, half of these of the section most alike."""
    openings = {pair.passage[:60].lower() for pair in held}
    sections = [section.text for section in load_corpus(ROOT / "corpus").sections]
    sections = [text for text in sections if text[:60].lower() not in openings]
    generator = random.Random(SEED + 1)  # noqa: S311  # nothing here is secret
    stems = [read(text).stems for text in sections]
    made: list[Pair] = []
    while len(made) < count:
        place, other = generator.sample(range(len(sections)), 2)
        if len(made) % 2:
            some = generator.sample([number for number in range(len(sections)) if number != place], 60)
            other = max(some, key=lambda number: len(stems[number] & stems[place]))
        sentence = generator.choice(sentences_of(sections[other]))
        made.append(Pair(sections[place], sentence, False, sections[place], "other_topic"))
    return made


def train_network(kept: Sequence[Pair], held: Sequence[Pair], *, weights: Path | None) -> None:
    """Train the network and write its export and tokenizer; its full weights too where a file is named."""
    import torch
    from support_network import SupportNetwork, example, open_tokenizer, train

    torch.set_num_threads(2)
    torch.manual_seed(SEED)
    folder = model_folder()
    tokenizer = open_tokenizer(folder)

    def ready(pair: Pair, original: str | None = None) -> Any:
        passage = trimmed(align(pair.sentence, pair.passage))
        label = pair.is_supported
        return example(tokenizer, sentence=pair.sentence, passage=passage, label=label, original=original)

    made = [ready(pair, original) for pair, original in corrupted_pairs(kept, held)]
    written = [ready(pair) for pair in kept]
    network = SupportNetwork(folder)
    stages = [made, *[written] * EPOCHS]
    train(network, stages, rate=RATE, seed=SEED, weights=weights)
    export(network.eval(), tokenizer_file=folder / TOKENIZER_FILE)


def export(network: Any, *, tokenizer_file: Path) -> None:
    """Write the network with eight-bit weights, and its tokenizer."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    names = ["input_ids", "attention_mask", "token_type_ids"]
    sample = (
        torch.ones(2, 9, dtype=torch.long),
        torch.ones(2, 9, dtype=torch.long),
        torch.zeros(2, 9, dtype=torch.long),
    )
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
            output_names=["logits"],
            dynamic_axes={name: {0: "batch", 1: "length"} for name in names},
            opset_version=17,
            dynamo=False,
        )
        # Seven of the eight bits: on processors without VNNI full ones overflow, and every machine must judge alike.
        quantize_dynamic(
            whole, MODEL_DIR / MODEL_FILE, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
        )
    shutil.copyfile(tokenizer_file, MODEL_DIR / TOKENIZER_FILE)


def table_of(pairs: Sequence[Pair], encoder: CrossEncoder | None) -> Table:
    """Return the findings of pairs; those of the network are zero without it."""
    rules, network = [], []
    for pair in pairs:
        found = features(pair.sentence, pair.passage)
        rules.append([found[name] for name in FINDINGS])
        passage = trimmed(align(pair.sentence, pair.passage))
        network.append(encoder.read(sentence=pair.sentence, passage=passage) if encoder else (0.0, 0.0))
    return Table(
        rules=np.array(rules),
        network=np.array(network),
        is_supported=np.array([pair.is_supported for pair in pairs]),
        kinds=np.array([pair.kind for pair in pairs]),
        groups=np.array([number_of(pair.passage) for pair in pairs]),
    )


def fit(kept: Table, held: Table, *, split: int) -> dict[str, Any]:
    """Fit both logistics and fold them into one; tell the figures out of fold.

    Args:
        split: Rows of ``held`` from here on are the calibration pairs.
    """
    trees = GradientBoostingClassifier(**_TREES, random_state=SEED).fit(kept.rules, kept.is_supported)
    last = np.column_stack([trees.decision_function(held.rules), held.network])
    out_of_fold = np.zeros(len(last))
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(last, groups=held.groups):
        out_of_fold[test] = probability(logistic(_LAST_C).fit(last[train], held.is_supported[train]), last[test])
    out_of_fold[held.is_vetoed] = 0.0
    threshold = float(np.quantile(out_of_fold[held.is_supported], DROPPED))
    figures = {"held_out": figures_of(held, out_of_fold, threshold, slice(0, split))}
    if split < len(last):
        figures["calibration"] = figures_of(held, out_of_fold, threshold, slice(split, None))
    print(json.dumps(figures, indent=1))
    model = logistic(_LAST_C).fit(last, held.is_supported)
    start = float(trees.init_.class_prior_[1])
    return {
        "weights": {
            name: round(float(w), 5) for name, w in zip([RULES, *CLASSIFIER_FINDINGS], model.coef_[0], strict=True)
        },
        # The trees' sum starts from the share of supported pairs, which is the same for every pair.
        "bias": round(float(model.intercept_[0] + model.coef_[0][0] * np.log(start / (1 - start))), 5),
        "threshold": round(threshold, 5),
        "measured": figures,
        "trees": [as_nodes(tree.tree_, rate=trees.learning_rate) for tree in trees.estimators_[:, 0]],
    }


def as_nodes(tree: Any, *, rate: float) -> list[list[Any]]:
    """Return the nodes of a tree as they are kept: ``[value]`` or ``[finding, threshold, low, high]``."""
    return [
        [round(float(rate * tree.value[node][0][0]), 5)]
        if tree.children_left[node] < 0
        else [
            FINDINGS[tree.feature[node]],
            round(float(tree.threshold[node]), 5),
            int(tree.children_left[node]),
            int(tree.children_right[node]),
        ]
        for node in range(tree.node_count)
    ]


def logistic(strength: float) -> LogisticRegression:
    """Return an unfitted logistic regression, both labels with the same weight."""
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=5000)


def probability(model: LogisticRegression, rows: Matrix) -> Matrix:
    """Return the probability of support of each row."""
    found: Matrix = model.predict_proba(rows)[:, 1]
    return found


def figures_of(table: Table, found: Matrix, threshold: float, rows: slice) -> dict[str, Any]:
    """Return caught and dropped shares, the caught ones also by kind."""
    is_supported, kinds = table.is_supported[rows], table.kinds[rows]
    is_caught = found[rows] < threshold
    by_kind = {
        str(kind): round(float(is_caught[(kinds == kind) & ~is_supported].mean()), 3)
        for kind in sorted(set(kinds[~is_supported]))
    }
    return {
        "pairs": len(kinds),
        "caught": round(float(is_caught[~is_supported].mean()), 3),
        "dropped": round(float(is_caught[is_supported].mean()), 3),
        "caught_by_kind": by_kind,
    }


if __name__ == "__main__":
    main()
