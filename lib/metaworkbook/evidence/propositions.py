"""The propositions of the thesis: which rows speak to which, and which sign each one states.

Rows are named by filters, never one by one, so a study that is added speaks at once. A
proposition stands or falls with its main parts; the others (component, rater, phase, class) can
make it mixed. The verdict rule stands in `models.verdicts`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

KINDS = (
    "synthesis", "contrast", "reviews", "equivalence", "proportions", "change", "directions",
)  # fmt: skip
# Correlations closer than this count as about the same: a small correlation (Cohen 1988).
MARGIN = 0.1


@dataclass(frozen=True)
class Ask:
    """One part: an analysis of the rows that its filters let in.

    ``filters`` are those of `selection.select` (rater, phase, measure_family, population, tiers);
    ``where`` keeps rows of the given values of further columns, ``against`` replaces filters,
    x, y or ``where`` for the other side of a comparison. ``expected`` is the sign that the
    proposition states for the result, for a comparison that of one side less the other.
    """

    name: str
    kind: str
    x: str
    y: str
    expected: str
    main: bool = False
    filters: dict[str, str] = field(default_factory=dict)
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)
    against: dict[str, object] | None = None
    page: str = ""


@dataclass(frozen=True)
class Proposition:
    """One proposition in words with its parts; ``fixed`` says why it is not judged, if so."""

    id: str
    statement: str
    parts: tuple[Ask, ...]
    fixed: str = ""


COGNITIVE = {"treatment_family": ("cbt",)}
OTHER_TREATMENTS = {
    "treatment_family": (
        "psychodynamic", "humanistic", "attachment_based", "mixed", "inpatient", "counselling",
        "other",
    )
}  # fmt: skip
CONTROLLED, UNCONTROLLED = {"control": ("controlled",)}, {"control": ("uncontrolled",)}
EARLY, CLIENT, THERAPIST = {"phase": "early"}, {"rater": "client"}, {"rater": "therapist"}
EVERYONE = {"population": "all"}
AVOIDANT = "attachment_avoidance dismissing"
INSECURE_THERAPIST = (
    "therapist_avoidance therapist_anxiety therapist_insecurity therapist_dismissing "
    "therapist_preoccupied"
)


def _ask(name: str, kind: str, x: str, y: str, expected: str, **more: object) -> Ask:
    return Ask(name, kind, x, y, expected, **more)  # type: ignore[arg-type]


def _of_therapy(name: str, modality: str, main: bool = False) -> Ask:
    where = {"modality": (modality,)} if modality else {}
    return _ask(name, "reviews", "alliance", "outcome", "positive", main=main, where=where,
                page="alliance-outcome")  # fmt: skip


def _of_class(name: str, system: str, main: bool = False) -> Ask:
    return _ask(name, "proportions", "dismissing", "class_distribution", "positive", main=main,
                where={"system": (system,)}, page="prevalence")  # fmt: skip


def _as_much(name: str, x: str, main: bool = False) -> Ask:
    against = {"x": "alliance", "where": {"modality": ("individual_adult",)}}
    return _ask(name, "equivalence", x, "outcome", "positive", main=main, against=against,
                page="reviews-outcome")  # fmt: skip


PROPOSITIONS: tuple[Proposition, ...] = (
    Proposition("P1", "More avoidant clients have a weaker alliance early in therapy.", (
        _ask("avoidance, early alliance", "synthesis", "attachment_avoidance", "alliance",
             "negative", main=True, filters=EARLY, page="avoidance-alliance"),
        _ask("dismissing style, early alliance", "synthesis", "dismissing", "alliance",
             "negative", filters=EARLY, page="dismissing-alliance"),
        _ask("avoidance, alliance at any time", "synthesis", "attachment_avoidance", "alliance",
             "negative", page="avoidance-alliance"),
        _ask("avoidance, alliance as the client rates it", "synthesis", "attachment_avoidance",
             "alliance", "negative", filters=CLIENT, page="avoidance-alliance"),
        _ask("avoidance, alliance as the therapist rates it", "synthesis", "attachment_avoidance",
             "alliance", "negative", filters=THERAPIST, page="avoidance-alliance"),
    )),
    Proposition("P2", "The bond suffers most; goals and tasks suffer less.", (
        _ask("avoidance: bond less goals and tasks", "contrast", "attachment_avoidance",
             "alliance_bond", "negative", main=True, against={"y": "alliance_task alliance_goal"},
             page="avoidance-bond"),
        _ask("dismissing style: bond less goals and tasks", "contrast", "dismissing",
             "alliance_bond", "negative", against={"y": "alliance_task alliance_goal"},
             page="avoidance-bond"),
        _ask("avoidance and the bond by itself", "synthesis", "attachment_avoidance",
             "alliance_bond", "negative", page="avoidance-bond"),
    )),
    Proposition("P3", "The alliance of avoidant clients improves over the course of therapy.", (
        _ask("avoidance, growth of the alliance", "synthesis", "attachment_avoidance",
             "alliance_change", "positive", main=True, page="directions-alliance"),
        _ask("dismissing style, growth of the alliance", "synthesis", "dismissing",
             "alliance_change", "positive", page="directions-alliance"),
        _ask("avoidance: late less early alliance", "contrast", "attachment_avoidance",
             "alliance", "positive", filters={"phase": "late"}, against={"phase": "early"},
             page="avoidance-alliance"),
    )),
    Proposition("P4", "Avoidance goes with fewer, or no more, alliance ruptures.", (
        _ask("avoidance, ruptures", "synthesis", "attachment_avoidance", "ruptures", "negative",
             main=True),
        _ask("dismissing style, ruptures", "synthesis", "dismissing", "ruptures", "negative"),
        _ask("avoidant attachment to the therapist, ruptures", "synthesis",
             "avoidant_to_therapist", "ruptures", "negative"),
    )),
    Proposition("P5", "Avoidant clients seek help less, disclose less and leave earlier.", (
        _ask("avoidance, seeking help, disclosing and engaging", "synthesis",
             "attachment_avoidance", "help_seeking", "negative", main=True),
        _ask("avoidance, dropout", "synthesis", "attachment_avoidance", "dropout", "positive",
             main=True),
        _ask("dismissing style, seeking help, disclosing and engaging", "synthesis", "dismissing",
             "help_seeking", "negative"),
        _ask("dismissing style, dropout", "synthesis", "dismissing", "dropout", "positive"),
        _ask("avoidance, duration of treatment", "synthesis", "attachment_avoidance",
             "treatment_duration", "negative"),
    )),
    Proposition("P6", "Avoidant clients gain as much from therapy as others, or more.", (
        _ask("avoidance, outcome", "synthesis", "attachment_avoidance", "outcome", "positive",
             main=True, page="avoidance-outcome"),
        _ask("dismissing style, outcome", "synthesis", "dismissing", "outcome", "positive",
             page="avoidance-outcome"),
        _ask("outcome: avoidance less anxiety", "contrast", "attachment_avoidance", "outcome",
             "positive", against={"x": "attachment_anxiety"}, page="anxiety-outcome"),
        _ask("outcome: dismissing less secure", "contrast", "dismissing", "outcome", "positive",
             against={"x": "security"}, page="security-outcome"),
    )),
    Proposition("P7", "The therapist's own attachment matters, and an unlike pairing is better.", (
        _ask("insecure therapist, alliance", "synthesis", INSECURE_THERAPIST, "alliance",
             "negative", main=True),
        _ask("unlike pairing, alliance and outcome", "synthesis", "attachment_match",
             "alliance outcome", "positive", main=True),
        _ask("secure therapist, alliance", "synthesis", "therapist_security", "alliance",
             "positive"),
        _ask("insecure therapist, outcome", "synthesis", INSECURE_THERAPIST, "outcome",
             "negative"),
        _ask("like pairing, alliance and outcome", "synthesis", "attachment_similarity",
             "alliance outcome", "negative"),
    )),
    Proposition("P8", "Attachment can become more secure through therapy.", (
        _ask("size of the change, before to after", "change", "treatment", "attachment_change",
             "positive", main=True, where=UNCONTROLLED, page="prevalence"),
        _ask("direction of the change against a comparison", "directions", "treatment",
             "attachment_change", "positive", main=True, where=CONTROLLED,
             page="attachment-change"),
        _ask("size of the fall in avoidance", "change", "treatment", "avoidance_change",
             "positive", where=UNCONTROLLED, page="prevalence"),
        _ask("size of the fall in anxiety", "change", "treatment", "anxiety_change", "positive",
             where=UNCONTROLLED, page="prevalence"),
        _ask("direction of the change, before to after", "directions", "treatment",
             "attachment_change", "positive", where=UNCONTROLLED, page="attachment-change"),
    )),
    Proposition("P9", "A cognitive, less emotional start suits avoidant clients.", (
        _ask("avoidance, outcome: cognitive less other treatments", "contrast",
             "attachment_avoidance", "outcome", "positive", main=True, where=COGNITIVE,
             against={"where": OTHER_TREATMENTS}, page="avoidance-outcome"),
        _ask("dismissing style, outcome: cognitive less other treatments", "contrast",
             "dismissing", "outcome", "positive", where=COGNITIVE,
             against={"where": OTHER_TREATMENTS}, page="avoidance-outcome"),
        _ask("avoidance, alliance: cognitive less other treatments", "contrast",
             "attachment_avoidance", "alliance", "positive", where=COGNITIVE,
             against={"where": OTHER_TREATMENTS}, page="avoidance-alliance"),
    )),
    Proposition("P10", "Avoidant clients show more bodily stress, and more symptoms to others "
                       "than they report.", (
        _ask("avoidance, bodily stress", "synthesis", AVOIDANT, "physiological_stress",
             "positive", main=True, filters=EVERYONE),
        _ask("symptoms: seen by others less reported", "contrast", AVOIDANT,
             "expert_rated_symptoms", "positive", main=True, filters=EVERYONE,
             against={"y": "self_reported_symptoms"}),
        _ask("avoidance, symptoms that others see", "synthesis", AVOIDANT,
             "expert_rated_symptoms", "positive", filters=EVERYONE),
    )),
    Proposition("P11", "Therapists answer avoidant clients with less empathy, more interpretation, "
                       "and more hostility or distance.", (
        _ask("avoidance, empathy", "synthesis", AVOIDANT, "therapist_empathy", "negative",
             main=True),
        _ask("avoidance, interpretation", "synthesis", AVOIDANT, "therapist_interpretation",
             "positive", main=True),
        _ask("avoidance, hostility or distance", "synthesis", AVOIDANT,
             "countertransference_hostility", "positive", main=True),
    )),
    Proposition("P12", "Dismissing attachment is commoner in clinical groups.", (
        _of_class("dismissing by interview, four classes: clinical less non-clinical",
                  "four_way", main=True),
        _of_class("dismissing by interview, three classes: clinical less non-clinical",
                  "three_way"),
        _of_class("dismissing by self-report: clinical less non-clinical", "self_report"),
    )),
    Proposition("P13", "A better alliance goes with a better outcome.", (
        _of_therapy("alliance and outcome, all published syntheses", "", main=True),
        _of_therapy("alliance and outcome, individual therapy of adults", "individual_adult"),
        _of_therapy("alliance and outcome, youth", "youth"),
        _of_therapy("alliance and outcome, couples and families", "couple_family"),
        _of_therapy("alliance and outcome, groups", "group"),
        _of_therapy("alliance and outcome, internet", "internet"),
        _of_therapy("alliance and outcome, video or telephone", "teletherapy"),
    )),
    Proposition("P14", "Attachment explains about as much of the outcome as the alliance does.", (
        _as_much("avoidance beside the alliance", "attachment_avoidance", main=True),
        _as_much("anxiety beside the alliance", "attachment_anxiety"),
        _as_much("security beside the alliance", "security"),
    )),
    Proposition("P15", "The alliance carries the effect of avoidance on outcome.", (),
                fixed="the pathway from avoidance over the alliance to outcome is not fitted yet"),
)  # fmt: skip
