package dev.mooring.adapter.rest;

import static dev.mooring.domain.access.Permission.CHANGE_CLIENTS;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.application.CompleteAuthorization;
import dev.mooring.application.ReauthorizeClient;
import dev.mooring.application.ReconnectClient;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.lifecycle.ClientState;

import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

import java.util.List;
import java.util.Optional;

/** What can be done with a client's connection; the first of it is what Mooring is for. */
final class ConnectionsResource implements Resource {
    private final CompleteAuthorization completeAuthorization;
    private final ReauthorizeClient reauthorizeClient;
    private final ReconnectClient reconnectClient;
    private final FlowCookie flowCookie;

    private record ToolsView(String status, String message, int toolCount) {}

    ConnectionsResource(
            CompleteAuthorization completeAuthorization,
            ReauthorizeClient reauthorizeClient,
            ReconnectClient reconnectClient,
            FlowCookie flowCookie) {
        this.completeAuthorization = completeAuthorization;
        this.reauthorizeClient = reauthorizeClient;
        this.reconnectClient = reconnectClient;
        this.flowCookie = flowCookie;
    }

    @Override
    public void addTo(Routes routes) {
        String client = "/api/mcp/client/{id}";
        routes.guarded(Method.POST, client + "/complete-oauth", CHANGE_CLIENTS, this::complete)
                .guarded(Method.POST, client + "/reauthorize", CHANGE_CLIENTS, this::reauthorize)
                .guarded(Method.POST, client + "/reconnect", CHANGE_CLIENTS, this::reconnect)
                .guarded(
                        Method.POST, client + "/refresh-tools", CHANGE_CLIENTS, this::refreshTools);
    }

    /** Takes the id of the client or of its OAuth config; neither can look like the other. */
    private Reply complete(ServerRequest request, Caller caller) {
        Optional<CompleteAuthorization.Outcome> outcome =
                PathIds.oauthConfig(request)
                        .map(completeAuthorization::handle)
                        .or(() -> PathIds.client(request).map(completeAuthorization::handle));
        return switch (outcome.orElseGet(CompleteAuthorization.Outcome.NotFound::new)) {
            case CompleteAuthorization.Outcome.Connected connected ->
                    Answer.json(SuccessView.of("MCP client connected successfully with OAuth"));
            case CompleteAuthorization.Outcome.NotFound notFound ->
                    ApiError.of(
                            ErrorCode.CLIENT_NOT_FOUND,
                            "MCP client not found in pending OAuth clients");
            case CompleteAuthorization.Outcome.NoOAuthConfig none -> Errors.configNotFound();
            case CompleteAuthorization.Outcome.NotAuthorized not ->
                    ApiError.of(
                            ErrorCode.OAUTH_NOT_AUTHORIZED,
                            "OAuth not authorized yet, current status: " + not.status().word());
            case CompleteAuthorization.Outcome.Disabled disabled ->
                    ApiError.of(ErrorCode.CLIENT_DISABLED, "The MCP client is disabled");
            // The published contract has one status for every way in which connecting fails.
            case CompleteAuthorization.Outcome.Failed failed ->
                    ApiError.of(failed.problem()).as(500);
        };
    }

    private Reply reauthorize(ServerRequest request, Caller caller) {
        FlowCookie.Wish wish = flowCookie.wish(request, caller);
        Optional<ReauthorizeClient.Outcome> outcome =
                PathIds.client(request).map(id -> reauthorizeClient.handle(id, wish.linkFor()));
        return switch (outcome.orElseGet(ReauthorizeClient.Outcome.NotFound::new)) {
            case ReauthorizeClient.Outcome.ConsentNeeded needed ->
                    wish.answer(needed.link(), List.of());
            case ReauthorizeClient.Outcome.Connected connected ->
                    Answer.json(SuccessView.of("MCP client connected successfully with OAuth"));
            case ReauthorizeClient.Outcome.NotConnectable not -> notConnectable(not.state());
            case ReauthorizeClient.Outcome.NotFound notFound -> Errors.clientNotFound();
            case ReauthorizeClient.Outcome.NoOAuthConfig none ->
                    ApiError.of(
                            ErrorCode.NOT_AN_OAUTH_CLIENT,
                            "The auth_type of this MCP client is not oauth");
            case ReauthorizeClient.Outcome.Failed failed -> ApiError.of(failed.problem());
        };
    }

    private Reply reconnect(ServerRequest request, Caller caller) {
        return reply(
                PathIds.client(request).map(reconnectClient::handle),
                "MCP client reconnected successfully");
    }

    private Reply refreshTools(ServerRequest request, Caller caller) {
        return reply(
                PathIds.client(request).map(reconnectClient::refreshTools),
                "MCP client tools refreshed successfully");
    }

    private static Reply reply(Optional<ReconnectClient.Outcome> outcome, String message) {
        return switch (outcome.orElseGet(ReconnectClient.Outcome.NotFound::new)) {
            case ReconnectClient.Outcome.Connected connected ->
                    Answer.json(
                            new ToolsView(
                                    "success",
                                    message,
                                    connected.client().current().tools().size()));
            case ReconnectClient.Outcome.NotFound notFound -> Errors.clientNotFound();
            case ReconnectClient.Outcome.NotConnectable not -> notConnectable(not.state());
            case ReconnectClient.Outcome.Failed failed -> Errors.badGateway(failed.problem());
        };
    }

    private static ApiError notConnectable(ClientState state) {
        return ApiError.of(
                ErrorCode.NOT_CONNECTABLE,
                "The MCP client cannot connect, its state is " + state.word());
    }
}
