package dev.mooring.adapter.rest;

import static dev.mooring.domain.access.Permission.CHANGE_WEBHOOKS;

import com.fasterxml.jackson.annotation.JsonUnwrapped;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.Json;
import dev.mooring.adapter.rest.edge.RefusedException;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.application.KeepWebhooks;
import dev.mooring.application.KeepWebhooks.Start;
import dev.mooring.application.port.WebhookStore.Standing;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.audit.EventType;
import dev.mooring.domain.webhook.Webhook;
import dev.mooring.domain.webhook.WebhookId;

import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Webhooks: make, list, rotate, replay, delete. A secret is in one answer only. */
final class WebhooksResource implements Resource {
    private final KeepWebhooks keepWebhooks;

    private record WebhookBody(
            Optional<String> name, Optional<String> url, Optional<List<String>> types) {
        Set<String> words() {
            return types.orElse(List.of()).stream()
                    .map(WebhookBody::type)
                    .collect(Collectors.toUnmodifiableSet());
        }

        private static String type(String word) {
            try {
                return EventType.parse(word).word();
            } catch (InvalidValueException e) {
                throw new InvalidValueException("types", "must be of the event types");
            }
        }
    }

    private record ReplayBody(Optional<Long> after, Optional<String> since) {
        Start start() {
            if (after.isPresent() && since.isPresent()) {
                throw new InvalidValueException("since", "does not go with after");
            }
            if (after.filter(number -> number < 0).isPresent()) {
                throw new InvalidValueException("after", "must be the id of an event");
            }
            return after.<Start>map(Start.After::new)
                    .or(() -> since.map(ReplayBody::instant).map(Start.Since::new))
                    .orElseGet(Start.Here::new);
        }

        private static Instant instant(String text) {
            try {
                return OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeParseException e) {
                throw new InvalidValueException(
                        "since", "must be a time such as 2027-01-31T12:00:00Z");
            }
        }
    }

    private record WebhookView(
            String id, String name, String url, List<String> types, Instant createdAt) {
        static WebhookView of(Webhook webhook) {
            return new WebhookView(
                    webhook.id().value(),
                    webhook.name(),
                    webhook.url().toString(),
                    webhook.types().stream().sorted().toList(),
                    webhook.createdAt());
        }
    }

    private record StandingView(
            @JsonUnwrapped WebhookView webhook,
            String status,
            long position,
            int attempts,
            Optional<Instant> failingSince,
            Optional<String> failure,
            Optional<Instant> lastSuccessAt) {
        static StandingView of(Standing standing) {
            String status =
                    standing.disabled()
                            ? "disabled"
                            : standing.failingSince().isPresent() ? "failing" : "active";
            return new StandingView(
                    WebhookView.of(standing.webhook()),
                    status,
                    standing.position(),
                    standing.attempts(),
                    standing.failingSince(),
                    standing.failureCode(),
                    standing.lastSuccessAt());
        }
    }

    private record SecretView(@JsonUnwrapped WebhookView webhook, String secret) {
        static Answer of(KeepWebhooks.Shown shown) {
            return Answer.json(
                    new SecretView(WebhookView.of(shown.webhook()), shown.secret().value()));
        }
    }

    private record WebhooksView(List<StandingView> webhooks, int count) {}

    WebhooksResource(KeepWebhooks keepWebhooks) {
        this.keepWebhooks = keepWebhooks;
    }

    @Override
    public void addTo(Routes routes) {
        routes.guarded(Method.GET, "/api/webhooks", CHANGE_WEBHOOKS, this::list)
                .guarded(Method.POST, "/api/webhooks", CHANGE_WEBHOOKS, this::create)
                .guarded(Method.DELETE, "/api/webhooks/{id}", CHANGE_WEBHOOKS, this::delete)
                .guarded(
                        Method.POST,
                        "/api/webhooks/{id}/rotate-secret",
                        CHANGE_WEBHOOKS,
                        this::rotate)
                .guarded(Method.POST, "/api/webhooks/{id}/replay", CHANGE_WEBHOOKS, this::replay);
    }

    private Reply list(ServerRequest request, Caller caller) {
        List<StandingView> webhooks = keepWebhooks.list().stream().map(StandingView::of).toList();
        return Answer.json(new WebhooksView(webhooks, webhooks.size()));
    }

    private Reply create(ServerRequest request, Caller caller) {
        WebhookBody body = Json.read(request, WebhookBody.class);
        return keepWebhooks
                .create(
                        needed("name", body.name()),
                        Webhook.parseUrl(needed("url", body.url())),
                        body.words())
                .<Reply>map(SecretView::of)
                .orElseGet(() ->
                        ApiError.of(ErrorCode.ALREADY_TAKEN, "Another webhook has this name")
                                .at("name"));
    }

    private Reply delete(ServerRequest request, Caller caller) {
        return PathIds.webhook(request).filter(keepWebhooks::delete).isPresent()
                ? Answer.json(SuccessView.of("Webhook deleted successfully"))
                : notFound();
    }

    private Reply rotate(ServerRequest request, Caller caller) {
        return PathIds.webhook(request)
                .flatMap(keepWebhooks::rotate)
                .<Reply>map(SecretView::of)
                .orElseGet(WebhooksResource::notFound);
    }

    private Reply replay(ServerRequest request, Caller caller) {
        Start start = Json.read(request, ReplayBody.class).start();
        Optional<WebhookId> id = PathIds.webhook(request);
        return id.filter(known -> keepWebhooks.replay(known, start)).isPresent()
                ? Answer.json(SuccessView.of("Events are sent again"))
                : notFound();
    }

    private static ApiError notFound() {
        return ApiError.of(ErrorCode.WEBHOOK_NOT_FOUND, "There is no such webhook");
    }

    private static String needed(String field, Optional<String> value) {
        return value.orElseThrow(() -> new RefusedException(Errors.missingField(field)));
    }
}
