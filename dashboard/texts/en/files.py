"""English texts of attached files."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "files.title": "Files",
    "files.none": "No files yet",
    "files.none_add": "No files yet: press “Add files”, or drop them here",
    "files.add": "Add files",
    "files.add_help": "Up to {size} MB each, {count} in all: PDF, Word, Excel, PowerPoint, pictures, text, sound, film",
    "files.protected": "Confidential or anonymous: units see these files, upload nothing that tells who asked",
    "files.by": "{name} {time}",
    "files.remove": "Remove",
    "files.reason": "Reason (required)",
    "files.removed": "Removed; the content is kept for the audit",
    "files.sending": "Sending {done}%",
    "files.keeping": "Saving",
    "files.added": "Added {name}",
    "files.lost": "The connection broke, nothing was uploaded: try again",
    "files.dismiss": "Dismiss",
    "files.limit.size": "Larger than {most} MB, not uploaded",
    "files.limit.count": "There are {most} files already",
    "files.limit.kind": "Not a kind we take: PDF, Word, Excel, PowerPoint, pictures, text, sound, film, no macros",
    "files.limit.empty": "The file is empty",
    "files.why.disk_full": "The storage is full, the file was not saved: tell the administrator",
    "files.why.disk": "The storage failed, the file was not saved: tell the administrator",
    "files.why.closed": "The ticket is closed, its files stay as they are",
    "files.why.removed": "Somebody else removed it",
    "files.why.reason": "Please say why",
    "files.why.refused": "You cannot change the files here now",
}
