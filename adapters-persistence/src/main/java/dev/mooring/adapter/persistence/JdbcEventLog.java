package dev.mooring.adapter.persistence;

import dev.mooring.application.port.EventLog;
import dev.mooring.domain.lifecycle.ClientEvent;

/** Events in the table {@code client_event}. */
final class JdbcEventLog implements EventLog {

    private static final String APPEND =
            """
            insert into client_event (client_id, at, type, detail)
            values (:client_id, :at, :type, cast(:detail as jsonb))
            """;

    private final Statements statements;

    JdbcEventLog(JdbcUnitOfWork unitOfWork) {
        this.statements = new Statements(unitOfWork);
    }

    @Override
    public void append(ClientEvent event) {
        statements.change(APPEND, EventRow.of(event).columns());
    }
}
