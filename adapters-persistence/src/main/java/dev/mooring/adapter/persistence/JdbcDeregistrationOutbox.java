package dev.mooring.adapter.persistence;

import dev.mooring.application.port.DeregistrationOutbox;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.oauth.Origin;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Owed deletions of registrations in the table {@code owed_deregistration}. */
final class JdbcDeregistrationOutbox implements DeregistrationOutbox {

    private static final String ADD =
            """
            insert into owed_deregistration (
                number, registration_id, configuration_endpoint, registration_access_token,
                trusted_ca, attempts, due_at)
            values (
                :number, :registration_id, :configuration_endpoint, :registration_access_token,
                :trusted_ca, 0, clock_timestamp())
            """;

    private final OutboxTable table;
    private final SecretCipher cipher;

    JdbcDeregistrationOutbox(JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.table = new OutboxTable(unitOfWork, "owed_deregistration");
        this.cipher = cipher;
    }

    @Override
    public void add(Deregistration deregistration) {
        table.add(ADD, number -> new DeregistrationRow(number, deregistration).columns(cipher));
    }

    @Override
    public List<Entry> take(int most, int atOneOrigin, List<Origin> underWay, Duration lease) {
        return table.take(most, atOneOrigin, underWay, lease, DeregistrationRow::debt);
    }

    @Override
    public Optional<Deregistration> open(Entry entry) {
        return table.open(entry).map(row -> DeregistrationRow.read(row, cipher).deregistration());
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
