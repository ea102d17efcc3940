"""Taking in a referral: once, whole, and with nothing personal in its event."""

from __future__ import annotations

import pytest

from services.referral.domain.errors import ReferenceTaken, SubmissionUsedForAnother
from services.referral.domain.referral import fingerprint
from services.referral.domain.stages import Stage
from shared.events.codes import Agreement, Concern, Danger, Door, ReferralSource
from shared.events.facts import ChildOnCase
from shared.events.referral import ReferralReceived
from shared.events.registry import data_of
from shared.ids import child_reference, new_submission_id
from tests.builders import (
    FICTIONAL_NAMES,
    a_child,
    a_referral,
    an_unborn_child,
    an_urgent_referral,
)
from tests.unit.referral.worlds import receive, receiving


def test_a_referral_is_received_with_one_fact() -> None:
    body = a_referral(children=[a_child(), an_unborn_child()])

    change = receive(receiving(body))

    assert change is not None
    assert change.state.stage is Stage.RECEIVED
    assert change.facts == (
        ReferralReceived(
            source=ReferralSource.SCHOOLS,
            door=Door.API,
            urgent=False,
            immediate_danger=Danger.NO,
            children=(
                ChildOnCase(child=child_reference(body["submission_id"], 0)),
                ChildOnCase(child=child_reference(body["submission_id"], 1), unborn=True),
            ),
            concerns=(Concern.NEGLECT,),
            area="B70",
            told_family=True,
            agreement=Agreement.AGREED,
            not_asked_reason=None,
            threshold_level=3,
        ),
    )


def test_an_urgent_referral_says_that_agreement_is_not_recorded() -> None:
    change = receive(receiving(an_urgent_referral()))

    assert change is not None
    (fact,) = change.facts
    assert isinstance(fact, ReferralReceived)
    assert (fact.urgent, fact.told_family, fact.agreement) == (True, None, None)


def test_the_event_of_a_referral_names_nobody() -> None:
    change = receive(receiving(a_referral()))

    assert change is not None
    told = str(data_of(change.facts[0]))
    assert not [name for name in FICTIONAL_NAMES if name in told]


def test_the_same_submission_again_changes_nothing() -> None:
    command = receiving(a_referral())
    first = receive(command)
    assert first is not None

    assert receive(command, state=first.state) is None


def test_the_same_submission_through_the_other_door_changes_nothing() -> None:
    body = a_referral()
    first = receive(receiving(body))
    assert first is not None

    again = receive(receiving({**body, "urgent": "no", "declaration": "yes"}), state=first.state)

    assert again is None


def test_one_submission_id_cannot_stand_for_two_bodies() -> None:
    body = a_referral()
    first = receive(receiving(body))
    assert first is not None

    with pytest.raises(SubmissionUsedForAnother):
        receive(receiving({**body, "going_home_at": "15:30"}), state=first.state)


def test_one_submission_id_cannot_be_used_by_two_people() -> None:
    command = receiving(a_referral())
    first = receive(command, by="school-demo")
    assert first is not None

    with pytest.raises(SubmissionUsedForAnother):
        receive(command, state=first.state, by="police-demo")


def test_two_submissions_that_meet_at_one_reference_are_told_apart() -> None:
    first = receive(receiving(a_referral()))
    assert first is not None

    with pytest.raises(ReferenceTaken):
        receive(receiving(a_referral(submission_id=new_submission_id())), state=first.state)


def test_a_retry_after_an_upgrade_is_still_the_same_submission() -> None:
    # What was stored with referrals received long ago: the way to it may change, never the mark.
    report = receiving(a_referral()).report

    assert fingerprint(report, sent_by="school-demo") == (
        "7af5c8e2d6542ae9d2d41602c93a09528ec3127932034c4504a456e4c0b8831b"
    )
