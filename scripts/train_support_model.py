"""Trains the check whether a passage supports a sentence: ``python scripts/train_support_model.py``.

Reads ``scripts/support_data/*.jsonl`` (written by hand: id, group, passage, sentence, label, kind) and the guide's own
sections, and writes three files to ``bot/answer/verify/model``: the classifier with eight-bit weights
(``support.onnx``), its tokenizer, and the weights of the last step with the digests of both (``decision.json``).

1. Passages are split by their digest: `HELD_OUT` of a hundred are never trained on.
2. Sentences of the guide and supported sentences written by hand are reworded (``support_rewordings.py``) and
   corrupted (``support_corruptions.py``).
3. The network (``support_network.py``) starts from the embedding model. It reads what was made of the guide once, then
   what people wrote `EPOCHS` times, each time with other rewordings and corruptions beside it.
4. It is exported and quantised; from here on only the exported file is asked.
5. Small trees (the mean of `BOOSTED` sets) over the rules' findings are fitted on the passages trained on, and on the
   held-out ones a logistic over their sum, the network's two figures and the `PLAIN` findings. Twins have no say here,
   and are told apart.
6. The threshold is the highest at which, out of fold, at most `DROPPED` of the supported sentences are dropped; where
   there are calibration pairs, both sets count alike.

With ``--calibration FILE`` the pairs of that file join step 5 and 6 (they are never trained on); their figures are
told out of fold, the folds split by passage. With ``--reuse`` steps 2 to 4 are left out. With ``--weights FILE`` the
full weights are kept after every round. Everything is seeded. About forty minutes on two cores.
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
from support_corruptions import Corrupter, Pair, sentences_of
from support_pairs import Made, foreign_pairs, fresh_pairs, guide_pairs, read_pairs, section_texts, written_pairs

from bot.answer.verify.alignment import align
from bot.answer.verify.cross_encoder import MODEL_FILE, TOKENIZER_FILE, CrossEncoder
from bot.answer.verify.decision import CLASSIFIER_FINDINGS, RULES, VETOES
from bot.answer.verify.features import features
from bot.answer.verify.trimming import trimmed
from bot.answer.verify.verifier import DECISION_FILE, MODEL_DIR
from bot.index.embedder import model_folder
from bot.index.manifest import file_digest

ROOT = Path(__file__).resolve().parents[1]
DATA_DIR = Path(__file__).with_name("support_data")
TWINS = DATA_DIR / "twins.jsonl"
"""Far-reworded sentences, each beside such as differ from it in one thing: to learn from, harder than any answer."""
UNWEIGHED = ("held_out_twins",)
SEED = 0
HELD_OUT = 15
"""Of a hundred passages, how many are kept from training."""
EPOCHS = 5
RATE = 1e-4
FOREIGN = 600
"""Pairs of a section and a sentence of another one, for the trees: people wrote near misses only."""
DROPPED = 0.05
FOLDS = 10
PLAIN = ("clause_flip", "clause_surer", "clause_oftener", "replaced_kind", "replaced_sort", "present_for_past")
"""Findings that have a weight of their own beside the trees, which see few of each."""
DIVISIONS = 10
"""Ways in which the passages are divided into folds; one division moves the figures by a pair or two."""
_TREES: dict[str, Any] = {
    "n_estimators": 250,
    "max_depth": 4,
    "learning_rate": 0.06,
    "subsample": 0.7,
    "min_samples_leaf": 20,
    "max_features": 0.3,
}
BOOSTED = 3
"""Sets of trees whose mean is taken, each grown with another seed: one set alone moves some kinds by a pair or two."""
_LAST_C = 0.3

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
    twins = {pair.passage for pair in read_pairs([TWINS])}
    sets = {
        "held_out": [pair for pair in held if pair.passage not in twins],
        "calibration": read_pairs([options.calibration]) if options.calibration else [],
        "held_out_twins": [pair for pair in held if pair.passage in twins],
    }
    ruled = table_of([*kept, *foreign_pairs(held, count=FOREIGN, seed=SEED + 1)], None)
    fitted = fit(ruled, {name: table_of(found, encoder) for name, found in sets.items() if found})
    (MODEL_DIR / DECISION_FILE).write_text(as_text({**fitted, "seed": SEED, "files": digests}), encoding="utf-8")


def as_text(fitted: dict[str, Any]) -> str:
    """Return the JSON with each tree on one line."""
    trees = ",\n  ".join(json.dumps(tree) for tree in fitted.pop("trees"))
    return f'{json.dumps(fitted, indent=1)[:-2]},\n "trees": [\n  {trees}\n ]\n}}\n'


def is_held_out(passage: str) -> bool:
    """Tell whether a passage is kept from training, by its digest and nothing else."""
    return number_of(passage) % 100 < HELD_OUT


def number_of(passage: str) -> int:
    """Return a number that is the same for the same passage everywhere."""
    return int(hashlib.sha256(passage.encode()).hexdigest()[:12], 16)


def train_network(kept: Sequence[Pair], held: Sequence[Pair], *, weights: Path | None) -> None:
    """Train the network and write its export and tokenizer; its full weights too where a file is named."""
    import torch
    from support_network import SupportNetwork, example, open_tokenizer, train

    torch.set_num_threads(2)
    torch.manual_seed(SEED)
    folder = model_folder()
    tokenizer = open_tokenizer(folder)

    def ready(made: Sequence[Made]) -> list[Any]:
        return [
            example(
                tokenizer,
                sentence=pair.sentence,
                passage=trimmed(align(pair.sentence, pair.passage)),
                label=pair.is_supported,
                original=original,
            )
            for pair, original in made
        ]

    sections = section_texts(held)
    generator = random.Random(SEED)  # noqa: S311  # nothing here is secret
    pool = [sentence for text in sections for sentence in sentences_of(text)]
    corrupter = Corrupter(pool=pool, seed=SEED)
    written = ready(written_pairs(kept))
    stages = [ready(guide_pairs(sections, corrupter, generator))]
    stages += [written + ready(fresh_pairs(kept, corrupter, generator)) for _ in range(EPOCHS)]
    network = SupportNetwork(folder)
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


def fit(kept: Table, sets: dict[str, Table]) -> dict[str, Any]:
    """Fit the trees, the logistic over them and the network, and the threshold; tell the figures out of fold.

    Args:
        kept: Rows trained on, for the trees.
        sets: Rows never trained on, by what they are told as. `UNWEIGHED` ones have no say and are only told.
    """
    grown = [
        GradientBoostingClassifier(**_TREES, random_state=SEED + number).fit(kept.rules, kept.is_supported)
        for number in range(BOOSTED)
    ]
    plain = [FINDINGS.index(name) for name in PLAIN]
    last = {
        name: np.column_stack(
            [
                np.mean([trees.decision_function(table.rules) for trees in grown], axis=0),
                table.network,
                table.rules[:, plain],
            ]
        )
        for name, table in sets.items()
    }
    weighed = [name for name in sets if name not in UNWEIGHED]
    rows = np.concatenate([last[name] for name in weighed])
    is_supported = np.concatenate([sets[name].is_supported for name in weighed])
    groups = np.concatenate([sets[name].groups for name in weighed])
    judged = out_of_fold(rows, is_supported, groups)
    judged[np.concatenate([sets[name].is_vetoed for name in weighed])] = 0.0
    ends = np.cumsum([len(sets[name].kinds) for name in weighed])[:-1]
    by_set = zip(np.split(judged, ends), np.split(is_supported, ends), strict=True)
    threshold = highest_threshold([found[flags] for found, flags in by_set])
    model = logistic(_LAST_C).fit(rows, is_supported)
    figures, start = {}, 0
    for name, table in sets.items():
        if name in UNWEIGHED:
            found = np.where(table.is_vetoed, 0.0, probability(model, last[name]))
        else:
            found = judged[start : start + len(table.kinds)]
            start += len(table.kinds)
        figures[name] = figures_of(table, found, threshold)
    print(json.dumps(figures, indent=1))
    prior = float(grown[0].init_.class_prior_[1])
    return {
        "weights": {
            name: round(float(w), 5)
            for name, w in zip([RULES, *CLASSIFIER_FINDINGS, *PLAIN], model.coef_[0], strict=True)
        },
        # The trees' sum starts from the share of supported pairs, which is the same for every pair.
        "bias": round(float(model.intercept_[0] + model.coef_[0][0] * np.log(prior / (1 - prior))), 5),
        "threshold": round(threshold, 5),
        "measured": figures,
        "trees": [
            as_nodes(tree.tree_, rate=trees.learning_rate / BOOSTED)
            for trees in grown
            for tree in trees.estimators_[:, 0]
        ],
    }


def highest_threshold(supported: Sequence[Matrix]) -> float:
    """Return the highest threshold that drops at most `DROPPED` of supported sentences, every set counting alike."""
    steps = np.unique(np.concatenate(supported))
    kept = [step for step in steps if np.mean([np.mean(found < step) for found in supported]) <= DROPPED]
    return float(kept[-1])


def out_of_fold(rows: Matrix, is_supported: Mask, groups: NDArray[np.int64]) -> Matrix:
    """Return the probability of support of each row by models that never saw its passage, over several divisions."""
    found = np.zeros(len(rows))
    for division in range(DIVISIONS):
        folds = GroupKFold(FOLDS, shuffle=True, random_state=SEED + division)
        for train, test in folds.split(rows, groups=groups):
            found[test] += probability(logistic(_LAST_C).fit(rows[train], is_supported[train]), rows[test]) / DIVISIONS
    return found


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


def figures_of(table: Table, found: Matrix, threshold: float) -> dict[str, Any]:
    """Return caught and dropped shares, the caught ones also by kind."""
    is_supported, kinds = table.is_supported, table.kinds
    is_caught = found < threshold
    by_kind = {
        str(kind): round(float(is_caught[(kinds == kind) & ~is_supported].mean()), 3)
        for kind in sorted(set(kinds[~is_supported]))
    }
    told = {"pairs": len(kinds), "dropped": round(float(is_caught[is_supported].mean()), 3)}
    if not by_kind:
        return told
    return {**told, "caught": round(float(is_caught[~is_supported].mean()), 3), "caught_by_kind": by_kind}


if __name__ == "__main__":
    main()
