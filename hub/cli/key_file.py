"""``unionhub access new-key-file`` and ``rotate-keys``: the keys of encrypted columns."""

from pathlib import Path

import click

from db.encryption.keys import new_key_file
from db.personal_data.rotate_keys import Rotated, drop_old, prepare, reencrypt, rotate_keys
from hub.cli.db import database_url, progress_bars, run
from hub.cli.language import echo
from hub.encryption_keys import key_source, kinds
from hub.settings import Settings, load


@click.command("new-key-file")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def new_key_file_command(path: Path) -> None:
    """Make a key file at PATH, with new keys that only you may read."""
    version = new_key_file(path.expanduser().absolute(), *kinds(load())).newest
    echo(
        f"{path} has version {version.number} ({version.cipher.value}, blind indexes by HMAC-{version.digest.value}).\n"
        "Keep a copy of it elsewhere: without it personal data cannot be read again."
    )


@click.command("rotate-keys")
@database_url
@click.option(
    "--prepare", "step", flag_value="prepare", help="Only add a version to the key file, to copy it to other machines."
)
@click.option(
    "--drop-old", "step", flag_value="drop", help="Only remove key versions that no row uses from the key file."
)
def rotate_keys_command(database_url: str, step: str | None) -> None:
    """Re-encrypt all personal data with a new version of the keys, while the hub serves.

    When it was interrupted, the same command goes on where it stopped.
    """
    settings = load()
    if settings.keys is not None and step is not None:
        raise click.UsageError("The keys are in UNIONHUB_KEYS; add or remove versions there.")
    if step == "prepare":
        number = prepare(settings.key_file, *kinds(settings))
        echo(
            f"Version {number} is in {settings.key_file}. Once every machine has this file: `unionhub access rotate-keys`"
        )
    elif step == "drop":
        gone = run(drop_old(database_url, settings.key_file))
        echo(f"Versions dropped: {', '.join(map(str, gone)) or 'none'}. Old backups need them: keep a copy.")
    else:
        done = rotated(database_url, settings)
        went = "Went on with a rotation that was interrupted: " if done.resumed else ""
        echo(f"{went}{done.rows:,} rows re-encrypted; all have key version {done.version}.")


def rotated(url: str, settings: Settings) -> Rotated:
    """Rotate under a progress bar."""
    with progress_bars() as progress:
        if settings.keys is not None:
            return run(reencrypt(url, key_source(settings).ring(), progress=progress))
        return run(rotate_keys(url, settings.key_file, *kinds(settings), progress=progress))
