"""What a table and a column of the ledger are, and which ones the package reads by name."""

from __future__ import annotations

from dataclasses import dataclass

TABLES = (
    "studies",
    "samples",
    "constructs",
    "effects",
    "shares",
    "reviews",
    "review_moderators",
    "claims",
    "second_coding",
    "leftovers",
)
#: The columns the package reads, by table: numbers, then words. Others may come and go with the
#: dictionary; these may not, and a number may not become text.
NUMBERS = {
    "studies": "year pct_female",
    "samples": "n",
    "effects": "n n1 n2 mean1 sd1 mean2 sd2 value df1 df2 p_value level ci_low ci_high",
    "shares": "count share n",
    "reviews": "year k n_total estimate se ci_low ci_high ci_level p_value Q Q_df I2",
    "review_moderators": "q df p_value",
    "claims": "value",
    "second_coding": "n value",
}
WORDS = {
    "studies": "study_id citation full_reference doi kind cited_in_thesis same_sample_as setting "
    "treatment_family",
    "samples": "sample_id set_apart reports",
    "constructs": "construct family name_en name_nb",
    "effects": "effect_id study_id sample_id x x_as_written x_scored_as x_measure x_informant "
    "measure_family y "
    "y_as_written y_scored_as y_measure y_rater phase phase_as_written n_unit n_note statistic "
    "detail p_reported p_relation contrast natural_classes direction direction_analysed "
    "significance group control source_kind summary confidence proposition duplicate_of hold_back "
    "oddity second_reading coder_note",
    "shares": "effect_id system attachment_class",
    "reviews": "review_id meta_id citation doi subgroup rater modality x x_as_written x_scored_as "
    "y y_as_written y_scored_as statistic n_relation interval_note p_reported p_relation "
    "direction direction_analysed attachment_class superseded_by source_kind "
    "confidence hold_back oddity raw_effect_ids coder_note",
    "review_moderators": "moderator_id meta_id moderator levels test_statistic result "
    "result_kind p_relation",
    "claims": "claim_id study_id same_as claim x y direction statistic proposition seen_in_source",
    "second_coding": "effect_id found direction significance",
    "leftovers": "raw_id raw_table reason",
}


#: Columns in which a reason lets a row off a rule or out of every pool, wherever they stand.
EXCUSES = ("hold_back", "oddity", "n_note", "interval_note")
#: Numbers of people that a review may print with a fraction.
HEADS = ("n_total",)


@dataclass(frozen=True)
class Column:
    """One column: type "string", "integer" or "number", and what its cells may hold."""

    name: str
    type: str
    description: str
    required: bool = False
    unique: bool = False
    pattern: str = ""
    example: str = ""
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def allowed(self) -> str:
        """Return in words what a cell of this column may hold."""
        if self.enum:
            words = ", ".join(self.enum)
        elif self.example:
            words = f'text like "{self.example}" ({self.description})'
        elif self.type == "string":
            words = f"text of the form {self.pattern}" if self.pattern else "text"
        else:
            words = "a whole number" if self.type == "integer" else "a number with a decimal point"
            if self.minimum is not None:
                words += f", at least {self.minimum:g}"
            if self.maximum is not None:
                words += f", at most {self.maximum:g}"
        return words if self.required else f"{words}, or blank"


@dataclass(frozen=True)
class ForeignKey:
    """``column`` holds values of ``other_column`` in table ``other``."""

    column: str
    other: str
    other_column: str


@dataclass(frozen=True)
class Table:
    """One table: its file, columns in order, and keys."""

    name: str
    path: str
    title: str
    columns: tuple[Column, ...]
    primary_key: str = ""
    foreign_keys: tuple[ForeignKey, ...] = ()

    @property
    def key(self) -> str:
        """The column that names a row in messages: the primary key, else the first."""
        return self.primary_key or self.columns[0].name

    def column(self, name: str) -> Column:
        """Return the column called ``name``; KeyError if there is none."""
        return next(column for column in self.columns if column.name == name)
