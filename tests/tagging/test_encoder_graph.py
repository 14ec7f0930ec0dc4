from __future__ import annotations

import numpy as np
import pytest
from factories import WIDTH, small_encoder

from pipeline.tagging import encoder_graph
from pipeline.tagging.encoder_graph import HEAD_WIDTH, build_session, sums_exactly


def whole(w, name):
    return w[name].astype(np.float64) * w[f"{name}.step"]


def norm(x, parts):
    x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-12)
    return x * parts[0] + parts[1]


def layers_in_numpy(w, x):
    """The layers of BERT as Devlin et al. (2019) describe them, in plain NumPy."""
    x, layer = norm(x, w["pieces.norm"]), 0
    while f"{layer}.attend" in w:
        mixed = x @ whole(w, f"{layer}.attend") + w[f"{layer}.attend.bias"]
        heads = []
        for head in range(WIDTH // HEAD_WIDTH):
            own = slice(head * HEAD_WIDTH, (head + 1) * HEAD_WIDTH)
            q, k, v = (part[:, own] for part in np.split(mixed, 3, axis=1))
            share = np.exp(q @ k.T / np.sqrt(HEAD_WIDTH))
            heads.append(share / share.sum(1, keepdims=True) @ v)
        y = np.hstack(heads) @ whole(w, f"{layer}.gather") + w[f"{layer}.gather.bias"]
        x = norm(x + y, w[f"{layer}.gather.norm"])
        y = x @ whole(w, f"{layer}.widen") + w[f"{layer}.widen.bias"]
        y = 0.5 * y * (1 + np.tanh(np.sqrt(2 / np.pi) * (y + 0.044715 * y**3)))
        y = y @ whole(w, f"{layer}.narrow") + w[f"{layer}.narrow.bias"]
        x = norm(x + y, w[f"{layer}.narrow.norm"])
        layer += 1
    return x


@pytest.mark.parametrize("layers", [0, 1, 3])
@pytest.mark.parametrize("n", [1, 7, 160])
def test_the_graph_computes_the_layers_of_bert(layers, n):
    weights = small_encoder(layers).weights
    x = np.random.default_rng(1).normal(size=(n, WIDTH)).astype(np.float32)
    (seen,) = build_session(weights).run(None, {"x": x})
    assert seen.shape == (n, WIDTH)
    # Values are rounded to 8 bits before each product, and the weights here are random and large.
    expected = layers_in_numpy(weights, x)
    assert np.abs(seen - expected).mean() <= 0.06 * layers + 1e-6
    assert layers or np.allclose(seen, expected, atol=1e-5)


@pytest.mark.parametrize("exactly", [sums_exactly(), False])
def test_large_values_are_not_cut_off(monkeypatch, exactly):
    """Processors without VNNI add pairs of products in 16 bits unless told not to."""
    monkeypatch.setattr(encoder_graph, "sums_exactly", lambda: exactly)
    weights = dict(small_encoder(1).weights)
    weights["0.attend"] = np.full_like(weights["0.attend"], 127)
    x = np.abs(np.random.default_rng(2).normal(size=(9, WIDTH))).astype(np.float32) + 3
    (seen,) = build_session(weights).run(None, {"x": x})
    np.testing.assert_allclose(seen, layers_in_numpy(weights, x), atol=0.15)


def test_a_processor_that_cuts_sums_is_found_out(monkeypatch):
    """One that gives too little for any of the numbers of rows."""
    real = encoder_graph._session

    class Cut:
        def __init__(self, session, exact):
            self.session, self.exact = session, exact

        def run(self, names, given):
            (y,) = self.session.run(names, given)
            return [y if self.exact or len(y) != 7 else np.minimum(y, 5_000)]

    monkeypatch.setattr(
        encoder_graph, "_session", lambda model, *, exact: Cut(real(model, exact=exact), exact)
    )
    assert not sums_exactly.__wrapped__()


def test_the_fast_way_is_taken_only_where_it_is_exact(monkeypatch):
    asked = []
    monkeypatch.setattr(encoder_graph, "_session", lambda model, *, exact: asked.append(exact))
    for exactly in (True, False):
        monkeypatch.setattr(encoder_graph, "sums_exactly", lambda exactly=exactly: exactly)
        build_session(small_encoder(1).weights)
    assert asked == [False, True]
