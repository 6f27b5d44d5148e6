package dev.mooring.adapter.persistence;

import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.Origin;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Owed revocations in the table {@code owed_revocation}. */
final class JdbcRevocationOutbox implements RevocationOutbox {

    private static final String ADD =
            """
            insert into owed_revocation (
                number, owed_for, grant_id, revocation_endpoint, client_id, client_secret,
                auth_method, access_token, refresh_token, expires_at, scopes, trusted_ca, attempts,
                due_at, dpop_key, token_type, assertion_key)
            values (
                :number, :owed_for, :grant_id, :revocation_endpoint, :client_id, :client_secret,
                :auth_method, :access_token, :refresh_token, :expires_at, :scopes, :trusted_ca, 0,
                clock_timestamp(), :dpop_key, :token_type, :assertion_key)
            """;

    private final OutboxTable table;
    private final SecretCipher cipher;

    JdbcRevocationOutbox(JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.table = new OutboxTable(unitOfWork, "owed_revocation");
        this.cipher = cipher;
    }

    @Override
    public void add(Revocation revocation) {
        table.add(ADD, number -> new RevocationRow(number, revocation).columns(cipher));
    }

    @Override
    public List<Entry> take(int most, int atOneOrigin, List<Origin> underWay, Duration lease) {
        return table.take(most, atOneOrigin, underWay, lease, RevocationRow::debt);
    }

    @Override
    public Optional<Revocation> open(Entry entry) {
        return table.open(entry).map(row -> RevocationRow.read(row, cipher).revocation());
    }

    @Override
    public boolean done(Entry entry) {
        return table.done(entry);
    }

    @Override
    public boolean giveUp(Entry entry) {
        return table.giveUp(entry);
    }

    @Override
    public void postpone(Entry entry, Duration delay) {
        table.postpone(entry, delay);
    }

    @Override
    public void excuse(Entry entry, Duration delay) {
        table.excuse(entry, delay);
    }

    @Override
    public void pause(Origin origin, Duration length) {
        table.pause(origin, length);
    }

    @Override
    public Backlog backlog() {
        return table.backlog();
    }
}
