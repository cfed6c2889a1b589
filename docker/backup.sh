#!/bin/sh
# A backup of the hub's database and of the server's roles, while the hub serves. The keys of personal data are not in it.
# BACKUP_DATABASE_URL: the owner's; BACKUP_FOLDER: where to; BACKUP_DAYS: how long backups are kept.
set -eu
umask 077
url=${BACKUP_DATABASE_URL:?set it to the URL of the owner of the tables}
folder=${BACKUP_FOLDER:?set it to the folder of the backups}
name=$folder/unionhub-$(date -u +%Y%m%dT%H%M%SZ)
pg_dumpall --globals-only --no-role-passwords --dbname="$url" >"$name.roles.sql"
pg_dump --format=custom --file="$name.partial" "$url"
pg_restore --list "$name.partial" >/dev/null
mv "$name.partial" "$name.dump"
find "$folder" -maxdepth 1 -name 'unionhub-*' -mtime "+${BACKUP_DAYS:-14}" -delete
echo "$name.dump"
