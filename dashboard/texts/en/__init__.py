"""English texts, one file a subject."""

from collections.abc import Mapping

from dashboard.texts.en import (
    admin,
    centre,
    city_map,
    command,
    course,
    dispatch,
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
    plotting,
    shell,
    tickets,
)

EN: Mapping[str, str] = {
    **shell.TEXTS,
    **floor.TEXTS,
    **tickets.TEXTS,
    **course.TEXTS,
    **duty.TEXTS,
    **dispatch.TEXTS,
    **intake.TEXTS,
    **files.TEXTS,
    **knowledge.TEXTS,
    **letters.TEXTS,
    **outcomes.TEXTS,
    **places.TEXTS,
    **placing.TEXTS,
    **plotting.TEXTS,
    **city_map.TEXTS,
    **command.TEXTS,
    **centre.TEXTS,
    **plans.TEXTS,
    **admin.TEXTS,
}
