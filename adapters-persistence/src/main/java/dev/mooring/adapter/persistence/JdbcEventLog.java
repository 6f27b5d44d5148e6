package dev.mooring.adapter.persistence;

import dev.mooring.application.port.EventLog;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.AdministrativeEvent;
import dev.mooring.domain.audit.AuditEntry;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.UpstreamEvent;

import java.util.function.Supplier;

/**
 * Events in the table {@code client_event}, which also has those that happen to no client. It only
 * ever grows, but for what is too old to be kept; triggers see to that.
 */
final class JdbcEventLog implements EventLog {

    private static final String APPEND =
            """
            insert into client_event (
                client_id, at, type, outcome, code, detail, actor_kind, actor_id, actor,
                address, request_id)
            values (
                :client_id, :at, :type, :outcome, :code, cast(:detail as jsonb), :actor_kind,
                :actor_id, :actor, :address, :request_id)
            """;

    private final Statements statements;
    private final Supplier<ActingParty> acting;

    /**
     * @param acting tells who is acting on the calling thread
     */
    JdbcEventLog(JdbcUnitOfWork unitOfWork, Supplier<ActingParty> acting) {
        this.statements = new Statements(unitOfWork);
        this.acting = acting;
    }

    @Override
    public void append(ClientEvent event) {
        append(AuditEntry.of(event));
    }

    @Override
    public void append(UpstreamEvent event) {
        append(AuditEntry.of(event));
    }

    @Override
    public void append(AdministrativeEvent event) {
        append(AuditEntry.of(event));
    }

    private void append(AuditEntry entry) {
        statements.change(APPEND, new EventRow(entry, acting.get()).columns());
    }
}
