package dev.mooring.adapter.persistence;

import dev.mooring.application.port.IdempotencyKeys;
import dev.mooring.domain.client.ClientId;

import java.time.Duration;
import java.util.Optional;

/** Idempotency keys in the table {@code idempotency_key}. */
final class JdbcIdempotencyKeys implements IdempotencyKeys {

    private static final String FIND =
            """
            select fingerprint, client_id from idempotency_key
            where key = :key and expires_at > clock_timestamp()
            """;

    private static final String REMEMBER =
            """
            insert into idempotency_key (key, fingerprint, client_id, expires_at)
            values (:key, :fingerprint, :client_id,
                    clock_timestamp() + :lifetime_ms * interval '1 millisecond')
            on conflict (key) do update set
                fingerprint = excluded.fingerprint, client_id = excluded.client_id,
                expires_at = excluded.expires_at
            where idempotency_key.expires_at <= clock_timestamp()
            """;

    /** A few at a time, and none that somebody else is at. */
    private static final String FORGET =
            """
            delete from idempotency_key where key in (
                select key from idempotency_key where expires_at <= clock_timestamp()
                order by expires_at limit 100 for update skip locked)
            """;

    private final Statements statements;

    JdbcIdempotencyKeys(JdbcUnitOfWork unitOfWork) {
        this.statements = new Statements(unitOfWork);
    }

    @Override
    public Optional<Remembered> find(String key) {
        return statements
                .one(FIND, new Columns().with("key", key))
                .map(row ->
                        new Remembered(
                                row.text("fingerprint"), new ClientId(row.text("client_id"))));
    }

    @Override
    public boolean remember(String key, String fingerprint, ClientId client, Duration lifetime) {
        boolean remembered =
                statements.changeOne(
                        REMEMBER,
                        new Columns()
                                .with("key", key)
                                .with("fingerprint", fingerprint)
                                .with("client_id", client.value())
                                .with("lifetime_ms", lifetime.toMillis()));
        statements.change(FORGET, new Columns());
        return remembered;
    }
}
