#!/bin/sh
# Runs once, on an empty database. One login a service, each confined to its service's role, and one that may create
# tables: a service that is taken over cannot read what the others keep, and audit cannot change an entry.
set -eu

psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
  --set=migrator="${MIGRATOR_PASSWORD:?}" --set=intake="${INTAKE_PASSWORD:?}" \
  --set=notifier="${NOTIFIER_PASSWORD:?}" --set=audit="${AUDIT_PASSWORD:?}" <<'SQL'
create role countersign_owner nologin;
create role countersign_intake nologin;
create role countersign_notifier nologin;
create role countersign_audit nologin;

create role migrator login password :'migrator' in role countersign_owner;
grant countersign_intake, countersign_notifier, countersign_audit to migrator;
create role intake login password :'intake' in role countersign_intake;
create role notifier login password :'notifier' in role countersign_notifier;
create role audit login password :'audit' in role countersign_audit;

revoke all on database countersign from public;
grant connect on database countersign to migrator, intake, notifier, audit;
grant create on database countersign to migrator;
revoke all on schema public from public;
SQL
