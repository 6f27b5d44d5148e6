package dev.mooring.adapter.persistence;

import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.domain.lifecycle.Revocation;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/** Owed revocations in the table {@code owed_revocation}. */
final class JdbcRevocationOutbox implements RevocationOutbox {

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

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;
    private final OutboxTable table;
    private final SecretCipher cipher;

    JdbcRevocationOutbox(JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
        this.table = new OutboxTable(statements, "owed_revocation");
        this.cipher = cipher;
    }

    @Override
    public void add(Revocation revocation) {
        unitOfWork.run(() ->
                statements.change(
                        ADD, new RevocationRow(table.nextNumber(), revocation, 0).columns(cipher)));
    }

    @Override
    public List<Entry<Revocation>> take(int limit, Duration lease) {
        return table.take(limit, lease).stream()
                .map(row -> RevocationRow.read(row, cipher).toEntry())
                .sorted(Comparator.comparingLong(Entry::number))
                .toList();
    }

    @Override
    public void done(Entry<Revocation> entry) {
        table.done(entry.number());
    }

    @Override
    public void postpone(Entry<Revocation> entry, Duration delay) {
        table.postpone(entry.number(), entry.attempts(), delay);
    }
}
