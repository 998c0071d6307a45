"""Training runs and measurements: what follows from other cells is worked out again."""

import re

import pandas as pd
import pytest

from chipgap.data import load

SCORED = {
    "Narayanan2021": 16,
    "MegatronJan2021": 10,
    "Korthikanti2022": 8,
    "MT-NLG": 3,
    "BLOOM-prequel": 94,
    "vTrain-multi": 109,
    "vTrain-single": 144,
    "MegaScale-Megatron-LM": 8,
    "MegatronCore-H100": 17,
    "MosaicML-MPT-A100": 138,
    "MosaicML-MPT-H100": 70,
    "Narayanan2021-ZeRO3": 6,
    "Ascend-ModelLink": 57,
    "Ascend-GPT3-linearity": 8,
    "A100-ref-in-ModelLink": 52,
}
"""Runs of each publication that a model of dense training can be scored on."""
SAME_LABORATORY = {
    "vTrain-multi": "vTrain",
    "vTrain-single": "vTrain",
    "MosaicML-MPT-A100": "Mosaic",
    "MosaicML-MPT-H100": "Mosaic",
    "Narayanan2021": "Megatron2021",
    "MegatronJan2021": "Megatron2021",
    "Narayanan2021-ZeRO3": "ZeRO3",
    "MegaScale-Megatron-LM": "MegaScale",
    "Ascend-GPT3-linearity": "Ascend-linearity",
    "A100-ref-in-ModelLink": "A100-ref",
}
LAYOUT = ["n_chips", "tp", "pp", "dp", "cp"]
STATED_TWICE = {"bloom_036": 2.0}
"""Rows whose source gives another number of chips than its layout needs; the note says so."""


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return load("training_runs").set_index("run_id")


def test_throughput_follows_from_batch_sequence_chips_and_time(runs: pd.DataFrame) -> None:
    df = runs[runs["iter_s"].notna()]
    tokens = df["global_batch_seqs"] * df["seq_tokens"] / (df["n_chips"] * df["iter_s"])
    assert len(df) > 800
    assert (tokens / df["tokens_per_s_chip"] - 1).abs().max() < 2e-4


def test_a_run_without_a_time_of_a_step_lacks_what_it_would_need_and_says_why(runs: pd.DataFrame) -> None:
    df = runs[runs["iter_s"].isna()]
    needed = ["global_batch_seqs", "seq_tokens", "n_chips", "tokens_per_s_chip"]
    complete = df[needed].notna().all(axis=1) & df["global_batch_status"].eq("known").fillna(value=False)
    # Three rows whose layout does not fit their chips were given no time.
    assert df.loc[complete, "note"].str.contains("dp empty").all()
    assert complete.sum() == 3
    assert df.loc[df["not_scored_because"].isna(), "note"].str.contains("no time of a step").all()


def test_the_replicas_are_the_chips_over_the_other_ways_to_split(runs: pd.DataFrame) -> None:
    df = runs.dropna(subset=LAYOUT)
    assert len(df) > 800
    ratio = df["dp"] * df["tp"] * df["pp"] * df["cp"] / df["n_chips"]
    odd = ratio[(ratio - 1).abs() > 1e-9]
    assert odd.to_dict() == STATED_TWICE
    bare = runs[runs["tp"].notna() & runs["dp"].isna() & runs["layers"].notna() & (runs["year"] == 2024)]
    assert bare["note"].str.contains("dp empty").all()


def test_the_common_share_of_peak_follows_from_shape_and_speed(runs: pd.DataFrame) -> None:
    gates = runs["gated_mlp"].astype("Int64") + 2
    layer = 2 * runs["hidden"] ** 2 * (1 + runs["kv_heads"] / runs["heads"]) + gates * runs["hidden"] * runs["ffn"]
    weights = runs["layers"] * layer + runs["vocab"] * runs["hidden"]
    flops = 6 * weights + 12 * runs["layers"] * runs["hidden"] * runs["seq_tokens"]
    mfu = (flops * runs["tokens_per_s_chip"] / runs["peak_bf16_tflops"] / 1e12).where(runs["n_experts"].isna())
    pd.testing.assert_series_equal(mfu.isna(), runs["mfu_canonical"].isna(), check_names=False)
    assert (mfu - runs["mfu_canonical"]).abs().max() < 6e-5


def test_the_parameters_are_those_of_the_shape(runs: pd.DataFrame) -> None:
    gates = runs["gated_mlp"].astype("Int64") + 2
    layer = 2 * runs["hidden"] ** 2 * (1 + runs["kv_heads"] / runs["heads"]) + gates * runs["hidden"] * runs["ffn"]
    once = (runs["layers"] * layer + runs["vocab"] * runs["hidden"]) / 1e9
    twice = once + runs["vocab"] * runs["hidden"] / 1e9
    df = pd.DataFrame({"once": runs["params_bn"] / once - 1, "twice": runs["params_bn"] / twice - 1}).abs()
    best = df.min(axis=1)[runs["not_scored_because"].isna()]
    assert best.notna().all()
    assert best.max() < 0.11, best.idxmax()


def test_heads_divide_and_layers_can_be_cut(runs: pd.DataFrame) -> None:
    assert (runs["heads"] % runs["kv_heads"]).fillna(0).eq(0).all()
    mcore = runs[runs["source_group"] == "MegatronCore-H100"]
    assert (mcore["layers"] % (mcore["pp"] * mcore["interleave"])).eq(0).all()
    whole = runs.dropna(subset=["global_batch_seqs", "micro_batch_seqs", "dp"])
    whole = whole[whole["not_scored_because"].isna()]
    assert (whole["global_batch_seqs"] >= whole["dp"]).all()


@pytest.mark.parametrize(
    ("status", "column"),
    [
        ("chip_status", "chip"),
        ("global_batch_status", "global_batch_seqs"),
        ("micro_batch_status", "micro_batch_seqs"),
        ("layout_status", "tp"),
        ("engine_status", "engine"),
        ("interleave_status", "interleave"),
        ("p2p_status", "p2p_sharded"),
        ("kernels_status", "kernels"),
    ],
)
def test_every_value_that_may_be_assumed_says_whether_it_is(runs: pd.DataFrame, status: str, column: str) -> None:
    assert runs[status].notna().equals(runs[column].notna())


def test_what_an_engine_sends_is_stated_where_there_are_stages(runs: pd.DataFrame) -> None:
    stages = runs["pp"].gt(1).fillna(value=False) & runs["engine"].notna()
    assert (runs["p2p_sharded"].notna() == stages).all()
    deepspeed = stages & runs["engine"].eq("Megatron-DeepSpeed").fillna(value=False)
    # vTrain's code base has both ways; its authors' predictor counts on split transfers
    whole = deepspeed & runs["loso_group"].ne("vTrain")
    assert runs.loc[stages, "p2p_sharded"].eq(~whole[stages]).all()


def test_kernels_agree_with_flash_attention(runs: pd.DataFrame) -> None:
    stated = runs[runs["flash_attention"].notna()]
    assert stated["kernels"].notna().all()
    assert (stated["kernels"].eq("unfused") == ~stated["flash_attention"]).all()
    assert stated.loc[stated["kernels"] == "npu flash", "chip_as_printed"].str.startswith("Ascend").all()


def test_the_runs_to_be_scored_are_counted_by_publication(runs: pd.DataFrame) -> None:
    scored = runs[runs["not_scored_because"].isna()]
    assert scored["source_group"].value_counts().to_dict() == SCORED
    assert (scored["precision"] != "fp8").all()
    assert scored["n_experts"].isna().all()


def test_a_laboratory_is_held_out_whole(runs: pd.DataFrame) -> None:
    expected = runs["source_group"].map(lambda group: SAME_LABORATORY.get(group, group))
    assert (runs["loso_group"] == expected).all()
    assert (runs["locked_test"] == (runs["loso_group"] == "A100-ref")).all()
    assert runs["locked_test"].sum() == 58


def test_single_node_runs_are_every_tenth_by_number(runs: pd.DataFrame) -> None:
    numbers = runs.index[runs["source_group"] == "vTrain-single"].str.extract(r"(\d+)$")[0].astype(int)
    assert numbers.tolist() == list(range(0, 1440, 10))


def test_a_reference_row_is_the_reference_of_its_pair(runs: pd.DataFrame) -> None:
    for run_id, row in runs[runs["locked_test"]].iterrows():
        pair = runs.loc[str(run_id).replace("mlref_", "modellink_")]
        assert row["tokens_per_s_chip"] == pair["reference_tokens_per_s_chip"]
        same = ["run", "n_chips", "layers", "hidden", "seq_tokens", "micro_batch_seqs", "tp", "pp", "recompute"]
        assert row[same].fillna(-1).tolist() == pair[same].fillna(-1).tolist(), run_id


def test_the_peak_is_that_of_the_chip(runs: pd.DataFrame) -> None:
    peak = load("chips").set_index("chip")["bf16_dense_tflops"]
    df = runs.dropna(subset=["chip", "peak_bf16_tflops"])
    off = df[(df["peak_bf16_tflops"] / df["chip"].map(peak) - 1).abs() > 2e-4]
    # One bin is kept at the peak of the others, and its note says so.
    assert set(off["chip"]) == {"Ascend 910B1"}
    assert off["note"].str.contains("353.9").all()


def test_reported_shares_follow_from_reported_speeds(runs: pd.DataFrame) -> None:
    share = runs["reported_tflops_chip"] / runs["peak_bf16_tflops"]
    plain = runs["precision"].ne("fp8") & ~runs["source_group"].isin(["MT-NLG"])
    off = (share / runs["reported_mfu"] - 1)[plain].dropna()
    assert off[off.abs() > 0.01].index.tolist() == ["maxtext_v5p_1024B_2048"]
    assert (share / runs["reported_hfu"] - 1)[runs["loso_group"].isin(["Megatron2021", "ZeRO3"])].abs().max() < 0.001
    mosaic = runs[runs["loso_group"] == "Mosaic"]
    recomputed = mosaic["recompute"].map({"full": 0.75, "none": 1.0})
    assert (mosaic["reported_mfu"] / mosaic["reported_hfu"] / recomputed - 1).abs().max() < 0.001


def test_links_and_network_are_those_of_the_publication(runs: pd.DataFrame) -> None:
    stated = runs.dropna(subset="intra_node_gb_s")
    kinds = stated.drop_duplicates(["source_group", "intra_node_gb_s", "inter_node_gb_s"])
    assert kinds["source_group"].is_unique
    a100 = runs["chip"].isin(["A100 SXM 80GB", "A100 SXM 40GB"])
    assert set(runs.loc[a100, "intra_node_gb_s"].dropna()) == {300}
    chips = load("chips").set_index("chip")["link_total_gb_s"]
    df = runs.dropna(subset=["chip", "intra_node_gb_s"])
    df = df[df["chip"] != "Ascend 910"]
    assert (df["intra_node_gb_s"] == df["chip"].map(chips) / 2).all()


def test_the_peers_error_follows_from_its_prediction(runs: pd.DataFrame) -> None:
    df = load("calculon_predictions").set_index("run_id")
    error_pct = 100 * (df["predicted_iter_s"] / runs["iter_s"].reindex(df.index) - 1)
    assert (error_pct - df["error_pct"]).abs().max() < 0.006
    macro = df["error_pct"].abs().groupby(runs["source_group"].reindex(df.index)).mean()
    published = {"Korthikanti2022": 3.65, "Narayanan2021": 8.5, "MegatronJan2021": 10.7, "MT-NLG": 29.7}
    published |= {"BLOOM-prequel": 23.7, "vTrain-multi": 19.7, "MegaScale-Megatron-LM": 6.2, "MegatronCore-H100": 24.7}
    assert macro[list(published)].to_dict() == pytest.approx(published, abs=0.06)


def test_bus_bandwidth_follows_from_size_and_time() -> None:
    df = load("allreduce")
    n = df["n_gpus"]
    bus = 2 * (n - 1) / n * df["message_bytes"] / df["time_us"] / 1000
    assert (bus / df["bus_bandwidth_gb_s"] - 1).abs().max() < 6e-4
    for _, group in df.groupby(["chip", "n_gpus"]):
        assert group["message_bytes"].tolist() == [2**power for power in range(20, 31)]
        # Below 4 MiB start-up time rules and the order is noise.
        assert group["time_us"].iloc[2:].is_monotonic_increasing


def test_vendor_pairs_are_those_of_the_runs(runs: pd.DataFrame) -> None:
    df = load("vendor_throughput")
    run = runs.loc[df["run_id"]].reset_index()
    assert (df["npu_tokens_per_s_card"] == run["tokens_per_s_chip"]).all()
    assert (df["reference_tokens_per_s_card"] == run["reference_tokens_per_s_chip"]).all()
    assert (df["seq_tokens"] == run["seq_tokens"]).all()
    assert (df["n_cards"] == 8 * df["n_nodes"]).all()
    same = df["n_cards"] == run["n_chips"]
    assert df.loc[~same, "note"].str.contains("training_runs has").all()
    for pair, label in zip(df.itertuples(index=False), run["run"], strict=True):
        assert label.startswith(f"{pair.model}-{pair.size} {pair.seq_tokens // 1024}K")


def test_statistics_of_the_vendor_pairs_are_those_published() -> None:
    df = load("vendor_throughput")
    ratio = df["npu_tokens_per_s_card"] / df["reference_tokens_per_s_card"]
    assert (ratio - df["ratio"]).abs().max() < 0.00051
    assert round(ratio.median(), 3) == 0.962
    assert round(ratio.mean(), 3) == 0.975
    assert round(ratio.std(), 3) == 0.142
    assert (ratio < 0.8).sum() == 1
    assert (ratio >= 1).sum() == 22
    several = df["n_nodes"] > 1
    assert (several.sum(), round(ratio[several].median(), 3), round(ratio[~several].median(), 3)) == (19, 0.994, 0.951)


def test_statistics_of_the_reinforcement_learning_pairs_are_those_published() -> None:
    df = load("rl_runs")
    ratio = df["a100_minutes"] / df["ascend_910b_minutes"]
    assert (ratio - df["speed_ratio"]).abs().max() < 0.00051
    assert (round(ratio.mean(), 3), round(ratio.median(), 3), round(ratio.std(), 3)) == (0.417, 0.408, 0.044)
    assert df.groupby(["task", "actor_learning_rate", "thinking"]).size().eq(1).all()
    assert df.groupby("task").size().eq(6).all()


def test_collectives_against_the_capacity_of_the_links() -> None:
    df = load("microbenchmarks")
    a800 = df[df["chip"] == "A800 SXM 80GB"].set_index(["operation", "n_cards"])["value"]
    base = a800.loc[list(zip(df["operation"], df["n_cards"], strict=True))].to_numpy()
    assert (df["value"] / base - df["ratio_to_a800"]).abs().max() < 0.00051
    ring = df[df["operation"].isin(["all_gather", "all_reduce"])]
    assert df["bus_gb_s"].notna().equals(df["operation"].isin(["all_gather", "all_reduce"]))
    n = ring["n_cards"]
    bus = ring["value"] * (n - 1) / n * ring["operation"].map({"all_gather": 1, "all_reduce": 2})
    assert (bus - ring["bus_gb_s"]).abs().max() < 0.06
    chips = load("chips").set_index("chip")
    mesh = chips.loc["Ascend 910B2", "link_pair_gb_s"] / 2 * (n - 1)
    capacity = mesh.where(ring["chip"] == "Ascend 910B", chips.loc["A800 SXM 80GB", "link_total_gb_s"] / 2)
    assert (ring["capacity_gb_s"] == capacity).all()
    assert (bus / capacity - ring["efficiency"]).abs().max() < 0.0051
    assert df["unit"].eq("TFLOP/s").equals(df["operation"].str.endswith("matmul"))


def test_implied_shares_follow_from_peaks_and_claims() -> None:
    df = load("implied_mfu")
    chips = load("chips").set_index("chip")
    tflops = df["baseline_chip"].map(chips["bf16_dense_tflops"]) * df["baseline_mfu"] * df["claimed_ratio"]
    assert (tflops - df["implied_tflops"]).abs().max() < 0.051
    assert (tflops / 376 - df["implied_mfu_of_376"]).abs().max() < 0.00051
    assert (tflops / 313 - df["implied_mfu_of_313"]).abs().max() < 0.00051
    assert chips.loc[["Ascend 910B2", "Ascend 910B3"], "listed_peak_tflops"].tolist() == [376, 313]
    assert df.loc[df["implied_mfu_of_313"] > 1, "baseline"].tolist() == ["H100/H800"]
    claimed = load("efficiency_statements").set_index("statement_id").loc[["E6", "E7"]]
    stated = claimed[["from_pct_low", "to_pct_low"]].to_numpy().ravel() / 100
    assert sorted(set(df["claimed_ratio"])) == sorted(stated)
    combinations = df.groupby(["baseline", "baseline_chip", "baseline_mfu"]).size()
    assert combinations.to_dict() == {
        ("A100/A800", "A800 SXM 80GB", 0.45): 4,
        ("A100/A800", "A800 SXM 80GB", 0.5): 4,
        ("H100/H800", "H800 SXM", 0.4): 4,
        ("H20", "H20 SXM", 0.6): 4,
    }


def test_reported_shares_of_peak_recompute(runs: pd.DataFrame) -> None:
    df = load("mfu_reports").set_index("report_id")
    share_pct = 100 * df["achieved_tflops"] / df["peak_tflops"]
    both = share_pct.notna()
    assert both.sum() == 6
    assert (share_pct - df["mfu_pct_low"])[both].abs().max() < 0.26
    assert (df["mfu_pct_low"] <= df["mfu_pct_high"]).fillna(value=True).all()
    assert round(6 * 39e9 * 1.46e6 / 6000 / 1e12, 1) == df.loc["M14", "achieved_tflops"]
    assert round(6 * 37e9 * 14.8e12 / (2.664e6 * 3600) / 1e12, 1) == df.loc["M19", "achieved_tflops"]
    line = df.dropna(subset="linearity")
    assert (line["mfu_pct_low"] / line["mfu_pct_low"].iloc[0] - line["linearity"]).abs().max() < 0.002
    figure = runs[runs["source_group"] == "Ascend-GPT3-linearity"]
    assert (100 * figure["reported_mfu"]).tolist() == pytest.approx(line["mfu_pct_low"].tolist())
    notes = figure["note"].str.extract(r"Linearity ([\d.]+) in")[0].str.rstrip(".").astype(float)
    assert notes.tolist() == line["linearity"].tolist()
    later = df[df.index.str.endswith("b") & df["source_key"].eq("MSL24")]
    for report_id, row in later.iterrows():
        assert str(row["mfu_pct_low"]) in df.loc[str(report_id)[:-1], "note"]


def test_two_racks_by_ratio() -> None:
    df = load("rack_comparison").set_index("quantity")
    both = df.dropna(subset=["cloudmatrix_384", "gb200_nvl72"])
    assert ((both["cloudmatrix_384"] / both["gb200_nvl72"]) - both["ratio"]).abs().max() < 0.051
    power, peak = df.loc["power"], df.loc["peak_bf16"]
    per_flop = power["cloudmatrix_384"] / power["gb200_nvl72"] / (peak["cloudmatrix_384"] / peak["gb200_nvl72"])
    assert abs(per_flop - df.loc["power_per_flop", "ratio"]) < 0.051
    facts = load("chip_facts").set_index("fact_id")["value"]
    stated = [facts[key] for key in ("K082a", "K082e", "K082b", "K082f", "K082d")]
    assert stated == [*both.loc["peak_bf16"].iloc[1:3], *both.loc["power"].iloc[1:3], 384]


def test_reports_with_a_figure_say_it_in_words_too() -> None:
    words = {"R03a": 3.2, "R03b": -50, "R03c": 200, "R04": 60}
    df = load("efficiency_reports").set_index("report_id")
    assert df["value"].dropna().to_dict() == words
    assert df["unit"].notna().equals(df["value"].notna())
    for key in ("R03a", "R03c", "R04"):
        assert re.search(rf"\b{words[key]}", df.loc[key, "says"])
