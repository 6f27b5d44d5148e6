package dev.mooring.adapter.rest;

import static dev.mooring.domain.access.Permission.CHANGE_CLIENTS;
import static dev.mooring.domain.access.Permission.READ_CLIENTS;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.Json;
import dev.mooring.adapter.rest.edge.RefusedException;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.application.EditClient;
import dev.mooring.application.FindClients;
import dev.mooring.application.RegisterClient;
import dev.mooring.application.RemoveClient;
import dev.mooring.application.port.ClientStore;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.Secret;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.LinkFor;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.mcp.Transport;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.random.RandomGenerator;

/** MCP clients: register, list, show, edit, remove. */
final class ClientsResource implements Resource {
    private static final HeaderName IDEMPOTENCY_KEY = HeaderNames.create("Idempotency-Key");
    private static final int DEFAULT_LIMIT = 25;
    private static final int MAX_LIMIT = 100;

    /** What a client is, as opposed to how it is set up. */
    private static final Set<String> IMMUTABLE =
            Set.of("client_id", "oauth_config_id", "auth_type");

    /** Members that are merged and not replaced. */
    private static final Set<String> OBJECTS = Set.of("oauth_config", "identity_provider");

    private final RegisterClient registerClient;
    private final FindClients findClients;
    private final EditClient editClient;
    private final RemoveClient removeClient;
    private final FlowCookie flowCookie;
    private final RandomGenerator random;

    private record RegisteredView(
            String status, String message, String mcpClientId, Optional<List<String>> warnings) {}

    private record PageView(
            List<ClientView> clients, int count, int totalCount, int limit, int offset) {}

    private record EditedView(
            String status,
            String message,
            String state,
            long revision,
            Optional<ClientView.ProblemView> problem,
            Optional<List<String>> warnings) {}

    ClientsResource(
            RegisterClient registerClient,
            FindClients findClients,
            EditClient editClient,
            RemoveClient removeClient,
            FlowCookie flowCookie,
            RandomGenerator random) {
        this.registerClient = registerClient;
        this.findClients = findClients;
        this.editClient = editClient;
        this.removeClient = removeClient;
        this.flowCookie = flowCookie;
        this.random = random;
    }

    @Override
    public void addTo(Routes routes) {
        routes.guarded(Method.POST, "/api/mcp/client", CHANGE_CLIENTS, this::register)
                .guarded(Method.GET, "/api/mcp/clients", READ_CLIENTS, this::list)
                .guarded(Method.GET, "/api/mcp/client/{id}", READ_CLIENTS, this::show)
                .guarded(Method.PUT, "/api/mcp/client/{id}", CHANGE_CLIENTS, this::edit)
                .guarded(Method.DELETE, "/api/mcp/client/{id}", CHANGE_CLIENTS, this::remove);
    }

    private Reply register(ServerRequest request, Caller caller) {
        Optional<String> key = idempotencyKey(request);
        ObjectNode json = Json.object(request);
        FlowCookie.Wish wish = flowCookie.wish(request, caller);
        Optional<RegisterClient.Idempotency> idempotency =
                key.map(text ->
                        new RegisterClient.Idempotency(
                                caller.identity() + " " + text, fingerprint(json, wish.linkFor())));
        List<String> warnings = BifrostFields.removeFrom(json);
        ClientBody body = Json.bind(json, ClientBody.class);
        RegisterClient.Command command =
                new RegisterClient.Command(
                        body.clientId().map(ClientId::new),
                        body.settings(Optional.empty(), () -> OAuthConfigId.random(random)),
                        body.disabled().orElse(false),
                        idempotency,
                        wish.linkFor());
        return switch (registerClient.handle(command)) {
            case RegisterClient.Outcome.Registered registered ->
                    Answer.json(
                            new RegisteredView(
                                    "success",
                                    greeting(registered.client()),
                                    registered.client().id().value(),
                                    Warnings.of(warnings)));
            case RegisterClient.Outcome.ConsentNeeded needed ->
                    wish.answer(needed.link(), warnings);
            case RegisterClient.Outcome.Taken taken -> Errors.taken(taken.field());
            case RegisterClient.Outcome.IdempotencyKeyReused reused ->
                    ApiError.of(
                                    ErrorCode.IDEMPOTENCY_KEY_REUSED,
                                    "This key was used for another request")
                            .at(IDEMPOTENCY_KEY.defaultCase());
            case RegisterClient.Outcome.Failed failed -> ApiError.of(failed.problem());
        };
    }

    private static String greeting(McpClient client) {
        return switch (ClientState.of(client)) {
            case CONNECTED -> "MCP client connected successfully";
            case DISABLED -> "MCP client registered; it is disabled";
            case PENDING_OAUTH, AUTHORIZED, DISCONNECTED, NEEDS_REAUTH ->
                    "MCP client registered before; its state is " + ClientState.of(client).word();
        };
    }

    private static Optional<String> idempotencyKey(ServerRequest request) {
        Optional<String> key = request.headers().first(IDEMPOTENCY_KEY);
        if (key.isPresent() && !key.get().matches("[!-~]{1,255}")) {
            throw new RefusedException(
                    Errors.invalidParameter(
                            IDEMPOTENCY_KEY.defaultCase(),
                            "must be 1 to 255 printable ASCII characters without blanks"));
        }
        return key;
    }

    /** Which browser it is makes no other request: it may have lost the cookie with the answer. */
    private static String fingerprint(ObjectNode json, LinkFor linkFor) {
        String whom =
                switch (linkFor) {
                    // What earlier versions remember of a request has no word for it.
                    case LinkFor.Anyone anyone -> "";
                    case LinkFor.OneBrowser one -> one.word();
                };
        return HexFormat.of().formatHex(Secret.sha256(json + whom));
    }

    private Reply list(ServerRequest request, Caller caller) {
        Query query = new Query(request);
        int limit = query.number("limit", 1, MAX_LIMIT, DEFAULT_LIMIT);
        int offset = query.number("offset", 0, Integer.MAX_VALUE, 0);
        FindClients.Page page =
                findClients.page(
                        new ClientStore.Query(
                                limit,
                                offset,
                                query.text("search", 128),
                                query.value("state", ClientState::parse),
                                query.value("auth_type", ClientAuth.Kind::parse),
                                query.value("connection_type", Transport::parse)));
        List<ClientView> clients = page.clients().stream().map(ClientView::summaryOf).toList();
        return Answer.json(new PageView(clients, clients.size(), page.totalCount(), limit, offset));
    }

    private Reply show(ServerRequest request, Caller caller) {
        return PathIds.client(request)
                .flatMap(findClients::one)
                .<Reply>map(found ->
                        Answer.json(ClientView.of(found))
                                .with(HeaderNames.ETAG, etag(found.revision())))
                .orElseGet(Errors::clientNotFound);
    }

    private Reply edit(ServerRequest request, Caller caller) {
        OptionalLong revision = ifMatch(request);
        ObjectNode patch = Json.object(request);
        return PathIds.client(request)
                .flatMap(findClients::one)
                .map(found -> edit(found.client(), patch, revision))
                .orElseGet(Errors::clientNotFound);
    }

    private Reply edit(McpClient client, ObjectNode patch, OptionalLong revision) {
        requireSame(patch, Json.tree(ClientConfigView.of(client)));
        patch.remove(IMMUTABLE);
        List<String> warnings = BifrostFields.removeFrom(patch);
        ClientBody change = Json.bind(patch, ClientBody.class);
        EditClient.Command command =
                new EditClient.Command(
                        client.id(),
                        settings -> patched(client.id(), settings, patch),
                        patch.has("disabled")
                                ? Optional.of(change.disabled().orElse(false))
                                : Optional.empty(),
                        change.oauthConfig()
                                .map(ClientBody.OAuthConfigBody::secretsGiven)
                                .orElse(Set.of()),
                        change.givesHeaders(),
                        revision);
        try {
            return reply(editClient.handle(command), warnings);
        } catch (InvalidValueException e) {
            return names(patch, e.field())
                    ? ApiError.of(e)
                    : ApiError.of(ErrorCode.SETTINGS_CONFLICT, e);
        }
    }

    private static Reply reply(EditClient.Outcome outcome, List<String> warnings) {
        return switch (outcome) {
            case EditClient.Outcome.Edited edited ->
                    edited(
                            "success",
                            "MCP client updated successfully",
                            edited.client(),
                            edited.revision(),
                            Optional.empty(),
                            warnings);
            case EditClient.Outcome.ConsentNeeded needed ->
                    edited(
                            "partial_success",
                            "MCP client updated; a person must consent before it can be used",
                            needed.client(),
                            needed.revision(),
                            Optional.empty(),
                            warnings);
            case EditClient.Outcome.NotConnected failed ->
                    edited(
                            "partial_success",
                            "MCP client updated; connecting failed",
                            failed.client(),
                            failed.revision(),
                            Optional.of(ClientView.ProblemView.of(failed.problem())),
                            warnings);
            case EditClient.Outcome.NotFound notFound -> Errors.clientNotFound();
            case EditClient.Outcome.Stale stale ->
                    ApiError.of(
                                    ErrorCode.REVISION_STALE,
                                    "The client was changed since; read it again")
                            .at(HeaderNames.IF_MATCH.defaultCase());
            case EditClient.Outcome.Taken taken -> Errors.taken(taken.field());
        };
    }

    private static Reply edited(
            String status,
            String message,
            McpClient client,
            long revision,
            Optional<ClientView.ProblemView> problem,
            List<String> warnings) {
        return Answer.json(
                        new EditedView(
                                status,
                                message,
                                ClientState.of(client).word(),
                                revision,
                                problem,
                                Warnings.of(warnings)))
                .with(HeaderNames.ETAG, etag(revision));
    }

    private static ClientSettings patched(ClientId id, ClientSettings settings, ObjectNode patch) {
        ObjectNode config = Json.tree(ClientConfigView.of(id.value(), settings, false));
        config.remove("oauth_config_id");
        merge(config, patch);
        return Json.bind(config, ClientBody.class)
                .settings(Optional.of(settings), () -> settings.oauth().orElseThrow().id());
    }

    /**
     * JSON merge patch (RFC 7396), but that headers and authorization parameters are one value: a
     * caller who replaces them means all of them.
     */
    private static void merge(ObjectNode target, ObjectNode patch) {
        for (Map.Entry<String, JsonNode> member : patch.properties()) {
            String name = member.getKey();
            JsonNode value = member.getValue();
            if (value.isNull()) {
                target.remove(name);
            } else if (OBJECTS.contains(name)
                    && value instanceof ObjectNode inner
                    && target.get(name) instanceof ObjectNode stored) {
                merge(stored, inner);
            } else {
                target.set(name, value);
            }
        }
    }

    private static void requireSame(ObjectNode patch, ObjectNode stored) {
        for (String field : IMMUTABLE) {
            if (patch.has(field) && !patch.get(field).equals(stored.get(field))) {
                throw new RefusedException(Errors.invalidField(field, "cannot be changed"));
            }
        }
    }

    /**
     * Whether the patch itself says something about the field. {@value Secret#REDACTED} says only
     * that what is stored stays.
     */
    private static boolean names(ObjectNode patch, String field) {
        JsonNode said = patch.at("/" + field.replace('.', '/'));
        return !said.isMissingNode() && !said.asText().equals(Secret.REDACTED);
    }

    private Reply remove(ServerRequest request, Caller caller) {
        return PathIds.client(request).filter(removeClient::handle).isPresent()
                ? Answer.json(SuccessView.of("MCP client removed successfully"))
                : Errors.clientNotFound();
    }

    private static String etag(long revision) {
        return "\"" + revision + "\"";
    }

    /** RFC 9110 section 13.1.1; a weak tag never matches, and we make one strong tag a revision. */
    private static OptionalLong ifMatch(ServerRequest request) {
        Optional<String> header = request.headers().first(HeaderNames.IF_MATCH);
        if (header.isEmpty() || header.get().equals("*")) {
            return OptionalLong.empty();
        }
        if (!header.get().matches("\"[0-9]{1,18}\"")) {
            throw new RefusedException(
                    Errors.invalidParameter(
                            HeaderNames.IF_MATCH.defaultCase(),
                            "must be * or one strong entity tag, such as \"7\""));
        }
        return OptionalLong.of(
                Long.parseLong(header.get().substring(1, header.get().length() - 1)));
    }
}
