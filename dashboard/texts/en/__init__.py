"""English texts, one file a subject."""

from collections.abc import Mapping

from dashboard.texts.en import (
    admin,
    city_map,
    command,
    course,
    duty,
    files,
    floor,
    intake,
    knowledge,
    letters,
    outcomes,
    places,
    placing,
    plans,
    reviews,
    shell,
    tickets,
)

EN: Mapping[str, str] = {
    **shell.TEXTS,
    **floor.TEXTS,
    **tickets.TEXTS,
    **course.TEXTS,
    **duty.TEXTS,
    **intake.TEXTS,
    **files.TEXTS,
    **knowledge.TEXTS,
    **letters.TEXTS,
    **outcomes.TEXTS,
    **places.TEXTS,
    **placing.TEXTS,
    **city_map.TEXTS,
    **command.TEXTS,
    **plans.TEXTS,
    **reviews.TEXTS,
    **admin.TEXTS,
}
