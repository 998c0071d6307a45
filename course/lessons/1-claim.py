# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Unit 1 · What exactly was said?

# %% [markdown]
# <!-- chipgap:header -->

# %% tags=["scaffolding"]
from IPython.display import Markdown

from chipgap import figures
from chipgap.checks import claim
from chipgap.data import cite, load, show
from chipgap.ledger import Ledger
from chipgap.widgets import Backup, ClaimTracer, LedgerForm, Predict

claims = load("claims")
evidence = load("claim_evidence")
retellings = load("retellings")
statements = load("efficiency_statements")
changes = load("wording_changes")

# %% [markdown]
# ## A guess first
#
# In April a company held a call with investors. A newspaper wrote about it, websites rewrote the newspaper, and a
# news site in Indonesia wrote its own article in the end. Follow **one** sentence on that way: how efficient a
# Chinese chip had become, compared with chips of the US company Nvidia.
#
# The newspaper is SCMP, the *South China Morning Post* of Hong Kong. Its sentence has a handful of details: who said
# it, on what occasion, about what work, compared with what, how much before and after, and when. How many of them
# reach the reader in Indonesia **unchanged in meaning**?

# %% tags=["scaffolding"]
said_first = retellings[(retellings["statement"] == "efficiency") & (retellings["fate"] == "original")]
guess = Predict(
    "details-kept",
    f"The first report, in the part we saw, states {len(said_first)} details. How many reach the Indonesian reader unchanged?",
    low=0,
    high=len(said_first),
    unit="details",
)
guess

# %% [markdown]
# Keep your guess in mind; you will test it in a few minutes.
#
# ## The story as claims
#
# An article is hard to check. A claim is not: it is one statement that is either so or not. We split the article
# into its claims and gave each a number. Here is what each says, who is said to say it, and whether anybody could
# check it.

# %%
show(claims[["claim_id", "paraphrase_en", "speaker", "checkable", "status", "confidence"]])

# %% [markdown]
# Before you read on: which of these would you check first, and which could you never check? A sentence about a
# *safety net* is an opinion. A sentence about *revenue* is in a report that can be looked up.

# %%
figures.show(figures.claims_overview(claims))

# %% [markdown]
# **Think.** Who speaks most often? Does that make the claims wrong?
#
# <details><summary>One possible answer</summary>
#
# Most claims come from the company itself or its founder. That does not make them wrong. It does mean that the
# article adds little of its own: where they are wrong, the article is wrong with them. And where the reporter
# speaks, nobody is named who could be asked.
#
# </details>
#
# ## From a sentence to a row
#
# To check a claim you need to know **who** said it, **where**, with which **number** and **unit**, for which
# **date**, and compared with which **baseline**. Let us ask the efficiency claim for all of them.

# %%
efficiency = claims.set_index("claim_id").loc["A06"]
Markdown(f"> {efficiency['paraphrase_en']}\n>\n> *“{efficiency['quote_id']}”* (the article, claim A06)")

# %%
numbers = load("claim_numbers").query("claim_id == 'A06'")
show(numbers[["quantity", "number_text", "value", "value_unit", "date_text", "baseline", "status", "confidence"]])

# %% [markdown]
# (*hampir* means almost, *sebelumnya* before, *kini* now.)
#
# The numbers are there. Now look for the rest: 20% **of what**? A number of tokens per second, a share of the
# chip's peak, a price? Compared with **which** of Nvidia's chips? Doing **which** work? In which month?
#
# The sentence does not say. That is not a detail: as you will see in unit 5, depending on the baseline the same
# claim is easy, hard or beyond what physics allows the chip. Writing down what is *not* said is the first skill of
# this course.
#
# ## Five hands
#
# Now follow the sentence from hand to hand. Move the slider, or put the focus on it and press the arrow keys.
# Each column is a source: SCMP first, then three sites that rewrote it (step 2), then the article (step 3).

# %%
tracer = ClaimTracer()
tracer

# %% [markdown]
# **Try.** Reveal one source after another and watch for three things:
#
# - a detail that is **lost**: which one made the claim mean something?
# - a detail that is **added**: *efficiency* turns into something else in another language. Where?
# - cells that say **? not seen**: the detail is not in the part that we saw. Why do we not simply call it lost?
#
# Then choose the statement *When the cooperation began* and look at what happens to *event* and *model* at step 2.

# %% [markdown]
# ## Count it yourself
#
# A picture persuades; a count convinces. How many of the details that the first report states reach the article
# (its key is `SEED`) unchanged? Unchanged means: it says the same, if in other words. Count them in the table below,
# then write your number into the cell after it and run it.

# %%
way = retellings[retellings["statement"] == "efficiency"]
both = way[way["source_key"].isin(["SCMP", "SEED"])]
show(both.pivot(index="detail", columns="source_key", values="wording"), caption="First report and article, detail by detail")

# %%
kept = ...  # your count goes here, in place of the three dots
claim.kept(kept)

# %% [markdown]
# About one of them, the baseline, one can argue: is *Nvidia chips* the same as *Nvidia's solution*? We count it as
# changed, since a solution may be a whole system.

# %% tags=["scaffolding"]
in_article = way[way["source_key"] == "SEED"].set_index("detail").loc[said_first["detail"]]
guess.reveal(int((in_article["fate"] == "kept").sum()))

# %% [markdown]
# And what became of the others? Count the fates, source by source:

# %%
fates = way.groupby(["step", "source_key"])["fate"].value_counts().unstack(fill_value=0)
show(fates.reset_index(), caption="What each source did to the details of the first")

# %% [markdown]
# **Think.** One column is far larger than the others for the sources in the middle. What would it take to empty
# it?
#
# <details><summary>One possible answer</summary>
#
# The pages themselves, in full. Of the sources in the middle we have excerpts only. What stands in an excerpt,
# the source said. What does not stand in it may stand a paragraph further down. So *not seen* (`not_in_excerpt`) is
# the only honest entry, and *lost* is kept for sources that we read from the first to the last word.
#
# Of the first report, too, we have only a part, but that part holds the sentence itself. So we can say what the
# **sentence** does not state, a chip or a metric; whether the rest of the report does, we cannot.
#
# </details>
#
# ## Two mistakes and where they came from
#
# ### Said where? (claim A05)

# %%
show(evidence[evidence["claim_id"] == "A05"][["source_key", "stance", "says", "status", "confidence"]])

# %%
cite(evidence[evidence["claim_id"] == "A05"])

# %% [markdown]
# There are two things to judge in this claim. *Where* it was said: in the report, or on the call about the report?
# A report is audited and signed; a remark on a call is not. And *what* improved: the chip is a piece of silicon
# that does not change after it has left the factory. What can change is the software on it and the system around
# it.
#
# Now it is your turn to judge. Your verdict goes into your **claim ledger**, a file of your own that grows with
# each unit and becomes your fact-check report at the end. There is no single right entry. Say what you think, how
# sure you are and why.

# %%
LedgerForm("A05")

# %% [markdown]
# ### Since when? (claim A07)
#
# The article says that the cooperation began in the middle of last year. Here is what others say, and when.

# %%
show(evidence[evidence["claim_id"] == "A07"][["source_key", "stance", "says", "status", "confidence"]])

# %%
date_rows = retellings.query("statement == 'start_date' and wording.notna()")
show(date_rows[["step", "source_key", "detail", "wording", "fate"]], caption="What each source says of the start")

# %% [markdown]
# **Predict, then look.** At which step did a true sentence (the company *first spoke in public* of working with
# Huawei) become a false one (the two *began*)? Set the tracer above to *When the cooperation began* and check.
#
# <details><summary>What happened</summary>
#
# At step 2. The newspaper reported two things: that the company had first spoken of building its model with Huawei
# in June of the year before, when there was an earlier model; and that with the new model, X1, the two set out to
# overcome weak interconnects. The rewrite merged them: in June they *began developing* X1 together. Both facts were
# true. The merged sentence is not, and the article took it over.
#
# </details>

# %%
LedgerForm("A07")

# %% [markdown]
# ## What was “efficiency”, and when?
#
# The same speaker has named a share of Nvidia's chips on several occasions, and so have others. Before you run the
# next cell: would you expect the shares to rise steadily with time?

# %%
figures.show(figures.efficiency_timeline(statements), table=statements)

# %%
liu = statements[statements["speaker"] == "Liu Qingfeng"]
show(liu[["said_on", "from_pct_low", "to_pct_low", "to_pct_high", "baseline", "workload", "status", "confidence", "note"]])

# %% [markdown]
# **Think.** Could all of these statements be true at once?
#
# <details><summary>One possible answer</summary>
#
# Yes, and that is the trouble. Each has another baseline, another workload or another date, or does not name them.
# Numbers that are not about the same thing can't contradict each other; they can't be compared either. What you
# may not do is draw a line through them.
#
# </details>
#
# One more trap lies in the arithmetic. From the first share to the second in claim A06:

# %%
before, after = (float(value) for value in efficiency[["value_from", "value_to"]])
Markdown(
    f"- **{after - before:g} percentage points** more,\n"
    f"- **{100 * (after / before - 1):g} per cent** more, relative to where it started,\n"
    f"- **{after / before:g} times** as much.\n\n"
    "All three are true. A headline that says “efficiency up by "
    f"{after - before:g}%” is not."
)

# %% [markdown]
# ## The same ruler for the other side
#
# It would be unfair to test only a Chinese company and an Indonesian newsroom. Here is a text of the US agency that
# writes the export rules, BIS, about using Huawei's chips, and what became of it. (*3A090* is the entry for AI chips
# in those rules, *General Prohibition 10* the rule against using goods that broke them; more in unit 7.)

# %%
show(changes[["document", "published_on", "detail", "wording", "status", "confidence"]])

# %%
cite(changes)

# %% [markdown]
# **Think.** Lay the ruler on it: who, where, what exactly, when, how long did the first wording stand? And why do
# we not say that the second version *dropped* the words about the place?
#
# <details><summary>One possible answer</summary>
#
# The press text first said that using the chips *violates* the rules, a few days later that there are *risks* in
# using them. For a company in Jakarta that is the difference between a crime and a question for its lawyer. The
# guidance behind it kept its words. Of the new press text we saw only what others reported; that its words about
# the place are gone is what a trade paper's headline says, and we say it that way.
#
# </details>
#
# ## From one to all (claim A16)
#
# The article ends with a sentence about *technology companies in China*. It has shown one company.

# %%
show(evidence[evidence["claim_id"] == "A16"][["source_key", "stance", "says", "status", "confidence"]])

# %%
LedgerForm("A16")

# %% [markdown]
# ## Where you stand

# %%
Ledger.open().progress()

# %% [markdown]
# <!-- chipgap:key-points -->

# %% [markdown]
# ## Sources of this lesson

# %%
cite(retellings)

# %% [markdown]
# ## Take your work with you
#
# On Binder your work is forgotten after some idle minutes. Save the notebook (Ctrl+S), then download it here;
# the same place restores it.

# %%
Backup()
