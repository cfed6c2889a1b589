#!/bin/sh
# What a new database server begins with: the owner of the tables, who may make roles, and the service's login, which owns nothing.
# The image of PostgreSQL runs it once, as the superuser POSTGRES_USER, when its volume is empty.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
	--set owner_password="$OWNER_PASSWORD" --set hub_password="$HUB_PASSWORD" <<'SQL'
CREATE ROLE hub_owner LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE ROLE hub LOGIN PASSWORD :'hub_password';
CREATE ROLE unionhub_service NOLOGIN;
GRANT unionhub_service TO hub_owner WITH ADMIN TRUE, INHERIT FALSE, SET TRUE;
GRANT unionhub_service TO hub WITH INHERIT FALSE, SET TRUE;
CREATE DATABASE unionhub OWNER hub_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
SQL
