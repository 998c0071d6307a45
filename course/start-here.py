# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The Chip Gap
#
# **One news story about AI chips. Sixteen claims. You find out which of them hold.**
#
# > **On Binder?** Your work is forgotten after some idle minutes. Download it with the button at the end of this
# > page before you take a break, and restore it there when you come back.
#
# Click into the grey cell below and press **Shift+Enter**. Then make a guess, and lock it in.

# %% tags=["scaffolding"]
from chipgap.data import load
from chipgap.widgets import Backup, ClaimTracer, Predict

claims = load("claims")
Predict(
    "claims-that-hold",
    f"The story makes {len(claims)} claims. How many of them, do you think, can be confirmed just as they stand?",
    low=0,
    high=len(claims),
    unit="claims",
)

# %% [markdown]
# Now see how one sentence of the story travelled. Run this cell too, then move the slider to the right: each step
# reveals the next source that retold the sentence. (Your guess is kept; in the last unit you come back to it.)

# %% tags=["scaffolding"]
ClaimTracer(statement="parity")

# %% [markdown]
# ## What this is
#
# In spring 2025 a Chinese company said that its newest AI model was as good as those of OpenAI and DeepSeek,
# though it had been trained on Chinese chips alone; and that these chips had come from a fifth to almost four
# fifths of the efficiency of Nvidia's. An Indonesian news site wrote about it. Some of what it wrote is solid, some is
# contested, and some is plainly wrong.
#
# In eight units you take the story apart with code: who said what, whether the money adds up, what the chips can
# do, why cables matter, what *efficiency* means, what a benchmark can tell, what export rules catch, and what it
# is all worth. You need a little Python and no knowledge of chips.
#
# ## How to work
#
# 1. **Lessons** (`lessons/`) are for reading, guessing and trying. Run each cell with Shift+Enter, from the top.
#    Grey bars hide helper code; click one to see it.
# 2. **Exercises** (`exercises/`) are for doing. Each question checks your answer at once, in plain words, and has
#    hints.
# 3. Your **claim ledger** collects your verdicts: *holds*, *holds in part*, *contested*, *wrong*, *cannot be
#    checked*, each with your evidence and how sure you are. It is the file `ledger.json` beside this notebook, and it
#    is yours. In the last unit it becomes your own fact-check report.
#
# Values that rest on memory or on somebody's reading are marked with a question mark, wherever they are shown.
#
# ## Your ledger so far

# %%
from chipgap.ledger import Ledger

Ledger.open().progress()

# %% [markdown]
# ## Is everything in place?
#
# The next cell looks at your installation and says what to do if something is missing.

# %%
from chipgap import doctor

doctor.show()

# %% [markdown]
# ## Start
#
# Open [Unit 1 · What exactly was said?](lessons/1-claim.ipynb), then its
# [exercise](exercises/1-claim/1-claim.ipynb).
#
# ## Take your work with you
#
# Save first (Ctrl+S): the download holds what is saved.

# %%
Backup()
