package dev.mooring.adapter.persistence;

import dev.mooring.application.port.DeregistrationOutbox;
import dev.mooring.domain.lifecycle.Deregistration;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/** Owed deletions of registrations in the table {@code owed_deregistration}. */
final class JdbcDeregistrationOutbox implements DeregistrationOutbox {

    private static final String ADD =
            """
            insert into owed_deregistration (
                number, registration_id, configuration_endpoint, registration_access_token,
                trusted_ca, attempts, due_at)
            values (
                :number, :registration_id, :configuration_endpoint, :registration_access_token,
                :trusted_ca, :attempts, clock_timestamp())
            """;

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;
    private final OutboxTable table;
    private final SecretCipher cipher;

    JdbcDeregistrationOutbox(JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
        this.table = new OutboxTable(statements, "owed_deregistration");
        this.cipher = cipher;
    }

    @Override
    public void add(Deregistration deregistration) {
        unitOfWork.run(() ->
                statements.change(
                        ADD,
                        new DeregistrationRow(table.nextNumber(), deregistration, 0)
                                .columns(cipher)));
    }

    @Override
    public List<Entry<Deregistration>> take(int limit, Duration lease) {
        return table.take(limit, lease).stream()
                .map(row -> DeregistrationRow.read(row, cipher).toEntry())
                .sorted(Comparator.comparingLong(Entry::number))
                .toList();
    }

    @Override
    public void done(Entry<Deregistration> entry) {
        table.done(entry.number());
    }

    @Override
    public void postpone(Entry<Deregistration> entry, Duration delay) {
        table.postpone(entry.number(), entry.attempts(), delay);
    }
}
