package dev.mooring.adapter.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;

import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.AuditEntry;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.audit.Detail;
import dev.mooring.domain.client.ClientId;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What happened, without who did it. */
record EventView(
        long id,
        String type,
        Instant at,
        Optional<String> clientId,
        String outcome,
        Optional<String> code,
        Map<String, Object> details) {

    static EventView of(AuditRecord told) {
        AuditEntry entry = told.entry();
        Map<String, Object> details = new LinkedHashMap<>();
        entry.details().forEach(detail -> details.put(detail.name(), value(detail)));
        return new EventView(
                told.number(),
                entry.type(),
                entry.at(),
                entry.client().map(ClientId::value),
                entry.outcome().word(),
                entry.outcome().reason(),
                details);
    }

    private static Object value(Detail detail) {
        return switch (detail) {
            case Detail.Text text -> text.value();
            case Detail.Count count -> count.value();
            case Detail.Words words -> words.values();
        };
    }

    /** Who acted; an id or a name only where there is one. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record ActorView(String kind, String id, String name) {}

    /** The same as auditors see it. */
    record Audited(
            @JsonUnwrapped EventView event,
            ActorView actor,
            Optional<String> address,
            Optional<String> requestId) {
        static Audited of(AuditRecord told) {
            ActingParty party = told.party();
            return new Audited(
                    EventView.of(told),
                    new ActorView(
                            party.actor().kind().word(), party.actor().id(), party.actor().name()),
                    party.address(),
                    party.requestId());
        }
    }
}
