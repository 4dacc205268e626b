-- Whoever signs in can use a passkey: a key of a device, of which only the public half is here.

create table access_passkey (
    id @id primary key,
    principal_id @id not null references access_user (principal_id),
    -- what people call it
    name @text not null,
    -- the name by which its device knows it
    credential_id @bytes not null,
    -- the public key, as the device wrote it
    public_key @bytes not null,
    -- how often it has signed, as it says; one that does not count says zero
    sign_count @int not null constraint access_passkey_count check (sign_count >= 0),
    -- whether it has made sure who used it when it was made
    verified @bool not null,
    version @int not null constraint access_passkey_version check (version >= 1),
    created_at @instant not null,
    last_used_at @instant
) @strict;

create unique index access_passkey_credential on access_passkey (credential_id);

create index access_passkey_principal on access_passkey (principal_id, id);

drop view ck_second_factor;

-- an authenticator, passkeys, or both
create view ck_second_factor as
select
    u.principal_id,
    f.begun_at,
    f.confirmed_at,
    (select count(*) from access_passkey k where k.principal_id = u.principal_id) as passkeys,
    (select count(*) from access_recovery r where r.principal_id = u.principal_id) as recovery_codes
from access_user u
left join access_factor f on f.principal_id = u.principal_id;
