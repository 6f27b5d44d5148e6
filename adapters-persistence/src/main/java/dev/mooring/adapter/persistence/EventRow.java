package dev.mooring.adapter.persistence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;
import dev.mooring.domain.audit.AuditEntry;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.audit.Detail;
import dev.mooring.domain.audit.Outcome;
import dev.mooring.domain.client.ClientId;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A row of {@code client_event}; its number is the database's to give. */
record EventRow(AuditEntry entry, ActingParty party) {

    static AuditRecord read(Row row) {
        return new AuditRecord(
                row.number("number"),
                new AuditEntry(
                        row.text("type"),
                        row.time("at"),
                        row.optionalText("client_id").map(ClientId::new),
                        Outcome.of(row.text("outcome"), row.optionalText("code")),
                        details(JsonText.read(row.text("details")))),
                new ActingParty(
                        row.optionalText("actor_kind")
                                .flatMap(Actor.Kind::find)
                                .map(kind ->
                                        new Actor(
                                                kind,
                                                row.optionalText("actor_id").orElse(""),
                                                row.optionalText("actor").orElse("")))
                                .orElse(Actor.UNKNOWN),
                        row.optionalText("address"),
                        row.optionalText("request_id")));
    }

    private static List<Detail> details(JsonNode object) {
        List<Detail> details = new ArrayList<>();
        object.properties()
                .forEach(member ->
                        detail(member.getKey(), member.getValue()).ifPresent(details::add));
        return details;
    }

    /** Nothing for a form that a newer version may have. */
    private static Optional<Detail> detail(String name, JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> Optional.of(new Detail.Text(name, value.textValue()));
            case NUMBER -> Optional.of(new Detail.Count(name, value.longValue()));
            case ARRAY -> Optional.of(new Detail.Words(name, JsonText.texts(value)));
            default -> Optional.empty();
        };
    }

    Columns columns() {
        return new Columns()
                .with("client_id", entry.client().map(ClientId::value))
                .with("at", entry.at())
                .with("type", entry.type())
                .with("outcome", entry.outcome().word())
                .with("code", entry.outcome().reason())
                .with("detail", JsonText.write(details()))
                .with("actor_kind", party.actor().kind().word())
                .with("actor_id", party.actor().id())
                .with("actor", party.actor().name())
                .with("address", party.address())
                .with("request_id", party.requestId());
    }

    private ObjectNode details() {
        ObjectNode object = JsonText.object();
        for (Detail detail : entry.details()) {
            switch (detail) {
                case Detail.Text text -> object.put(text.name(), text.value());
                case Detail.Count count -> object.put(count.name(), count.value());
                case Detail.Words words -> {
                    ArrayNode array = object.putArray(words.name());
                    words.values().forEach(array::add);
                }
            }
        }
        return object;
    }
}
