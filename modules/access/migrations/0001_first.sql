-- Who may act: principals, users, roles, grants and keys; and the one-time set-up.
-- Principal 1 is the operator at the host and has no row.

create table access_principal (
    id @id primary key,
    -- 1 user, 2 key
    kind @small not null constraint access_principal_kind check (kind between 1 and 2),
    name @text not null,
    version @int not null constraint access_principal_version check (version >= 1),
    created_at @instant not null,
    created_by @id not null,
    -- ended or revoked; never deleted
    ended_at @instant
) @strict;

create table access_user (
    principal_id @id primary key references access_principal (id),
    login @text not null,
    -- argon2id in PHC form
    password @text not null,
    password_changed_at @instant not null
) @strict;

create unique index access_user_login on access_user (login);

create table access_role (
    id @id primary key,
    name @text not null,
    about @text not null,
    -- the permissions of a built-in role are in the program
    built_in @bool not null,
    permissions @json not null,
    version @int not null constraint access_role_version check (version >= 1)
) @strict;

create unique index access_role_name on access_role (name);

insert into access_role (id, name, about, built_in, permissions, version)
values
    (1, 'administrator', 'Everything', true, '[]', 1),
    (2, 'manager', 'Runs the stock: everything but access and settings', true, '[]', 1),
    (3, 'clerk', 'Receives, issues, moves and reserves; keeps the catalogue', true, '[]', 1),
    (4, 'picker', 'Finds and moves stock', true, '[]', 1),
    (5, 'auditor', 'Sees everything, changes nothing', true, '[]', 1),
    (6, 'integration', 'A shop or a program: reads, receives, issues and reserves, and follows the events', true, '[]', 1);

create table access_grant (
    id @id primary key,
    principal_id @id not null references access_principal (id),
    role_id @id not null references access_role (id),
    -- 0 everywhere
    location_id @id not null,
    created_at @instant not null,
    created_by @id not null
) @strict;

create unique index access_grant_once on access_grant (principal_id, role_id, location_id);

create index access_grant_role on access_grant (role_id);

create table access_key (
    principal_id @id primary key references access_principal (id),
    -- the part of the key that is shown
    public_id @text not null,
    secret_hash @bytes not null,
    -- the user it acts for; null for a machine
    owner_id @id references access_principal (id),
    -- null: all that the owner may
    permissions @json,
    -- null: everywhere
    locations @json,
    -- null: not throttled
    per_minute @int constraint access_key_rate check (per_minute > 0),
    expires_at @instant not null,
    last_used_at @instant,
    constraint access_key_bounded check (owner_id is not null or permissions is not null)
) @strict;

create unique index access_key_public on access_key (public_id);

create index access_key_owner on access_key (owner_id);

-- counts every change, so that each process notices it
create table access_generation (
    id @int primary key constraint access_generation_one check (id = 1),
    generation @int not null
) @strict;

insert into access_generation (id, generation) values (1, 0);

create table access_setup (
    id @int primary key constraint access_setup_one check (id = 1),
    token_hash @bytes not null,
    expires_at @instant not null
) @strict;
