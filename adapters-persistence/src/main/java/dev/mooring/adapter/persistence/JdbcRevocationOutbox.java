package dev.mooring.adapter.persistence;

import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.domain.lifecycle.Revocation;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/** Owed revocations in the table {@code owed_revocation}. */
final class JdbcRevocationOutbox implements RevocationOutbox {

    /** Taken before the row is made, because it is part of what its secrets are sealed for. */
    private static final String NEXT_NUMBER = "select nextval('owed_revocation_number') as number";

    private static final String ADD =
            """
            insert into owed_revocation (
                number, grant_id, revocation_endpoint, client_id, client_secret, auth_method,
                access_token, refresh_token, expires_at, scopes, trusted_ca, attempts, due_at,
                dpop_key, token_type, assertion_key)
            values (
                :number, :grant_id, :revocation_endpoint, :client_id, :client_secret, :auth_method,
                :access_token, :refresh_token, :expires_at, :scopes, :trusted_ca, :attempts,
                clock_timestamp(), :dpop_key, :token_type, :assertion_key)
            """;

    private static final String TAKE =
            """
            update owed_revocation set
                attempts = attempts + 1,
                due_at = clock_timestamp() + :lease_ms * interval '1 millisecond'
            where number in (
                select number from owed_revocation where due_at <= clock_timestamp()
                order by due_at limit :limit for update skip locked)
            returning *
            """;

    private static final String DONE = "delete from owed_revocation where number = :number";

    /** Only by who took it last: after its lease another node may have taken it. */
    private static final String POSTPONE =
            """
            update owed_revocation set
                due_at = clock_timestamp() + :delay_ms * interval '1 millisecond'
            where number = :number and attempts = :attempts
            """;

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;
    private final SecretCipher cipher;

    JdbcRevocationOutbox(JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
        this.cipher = cipher;
    }

    @Override
    public void add(Revocation revocation) {
        unitOfWork.run(() -> {
            long number = statements.one(NEXT_NUMBER, new Columns()).orElseThrow().number("number");
            statements.change(ADD, new RevocationRow(number, revocation, 0).columns(cipher));
        });
    }

    @Override
    public List<Entry> take(int limit, Duration lease) {
        return statements
                .all(TAKE, new Columns().with("limit", limit).with("lease_ms", lease.toMillis()))
                .stream()
                .map(row -> RevocationRow.read(row, cipher).toEntry())
                .sorted(Comparator.comparingLong(Entry::number))
                .toList();
    }

    @Override
    public void done(Entry entry) {
        statements.changeOne(DONE, new Columns().with("number", entry.number()));
    }

    @Override
    public void postpone(Entry entry, Duration delay) {
        statements.changeOne(
                POSTPONE,
                new Columns()
                        .with("number", entry.number())
                        .with("attempts", entry.attempts())
                        .with("delay_ms", delay.toMillis()));
    }
}
