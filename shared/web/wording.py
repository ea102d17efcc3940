"""Times and due times as a person reads them. Pure: the present is a parameter."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from markupsafe import Markup

from shared.clock import london, wall_clock

NOT_YET: Final = Markup("not yet")


def day_words(day: date) -> str:
    """`Monday 23 November 2026`."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def date_words(day: date) -> str:
    """`23 November 2026`."""
    return f"{day.day} {day:%B} {day.year}"


def moment_words(at: datetime) -> str:
    """`23 November 2026, 16:50`, on the clock on the wall in England."""
    return f"{date_words(london(at))}, {wall_clock(at)}"


def when(value: date | datetime | str | None) -> Markup:
    """A date or time as `<time>`. Text is read as ISO; nothing at all reads "not yet"."""
    if value is None or value == "":
        return NOT_YET
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        words = moment_words(value)
        return Markup('<time datetime="{}">{}</time>').format(_stamp(value), words)
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), date_words(value))


def due(value: datetime | str | None, now: datetime) -> Markup:
    """How long is left, or by how much it is late. Painted again each minute by `app.js`."""
    if value is None or value == "":
        return NOT_YET
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    state = "overdue" if at < now else "left"
    return Markup('<time class="app-due app-due--{}" datetime="{}" data-due>{}</time>').format(
        state, _stamp(at), due_words(at, now)
    )


def due_words(at: datetime, now: datetime) -> str:
    """`2 hours 10 minutes left`, `Overdue by 20 minutes`. Whole minutes, never rounded up."""
    if at < now:
        return f"Overdue by {span_words(now - at)}"
    return f"{span_words(at - now)} left".capitalize()


def span_words(span: timedelta) -> str:
    """The two largest units of a length of time: days and hours, or hours and minutes."""
    minutes = int(span.total_seconds()) // 60
    days, hours, left = minutes // 1440, minutes // 60 % 24, minutes % 60
    pairs = ((days, "day"), (hours, "hour")) if days else ((hours, "hour"), (left, "minute"))
    words = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in pairs if number]
    return " ".join(words) or "less than a minute"


def _stamp(at: datetime) -> str:
    return london(at).isoformat(timespec="seconds")
