package dev.mooring.adapter.rest;

import static dev.mooring.domain.access.Permission.EXECUTE_TOOLS;

import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.Json;
import dev.mooring.adapter.rest.edge.RefusedException;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.application.ConsentLink;
import dev.mooring.application.ExecuteTool;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.lifecycle.LinkFor;

import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Executes a tool, called in the way in which chat models write their calls. */
final class ToolsResource implements Resource {
    private final ExecuteTool executeTool;

    private record CallBody(
            Optional<String> id,
            Optional<String> type,
            Optional<Integer> index,
            Optional<FunctionBody> function) {}

    private record FunctionBody(Optional<String> name, Optional<String> arguments) {}

    private record MessageView(
            String role,
            Optional<String> toolCallId,
            String name,
            String content,
            boolean isError) {}

    private record AuthRequiredView(
            String mcpClientId,
            String flowId,
            String linkFor,
            Optional<String> authorizeUrl,
            List<String> scopes,
            Instant expiresAt) {
        static ApiError of(ConsentLink link) {
            return ApiError.of(ErrorCode.AUTHORIZATION_REQUIRED, message(link))
                    .with(
                            "mcp_auth_required",
                            new AuthRequiredView(
                                    link.client().value(),
                                    link.flow().value(),
                                    link.linkFor().word(),
                                    url(link),
                                    link.scopes().tokens(),
                                    link.expiresAt()));
        }

        /** In any other browser that one would end in vain, after the person has consented. */
        private static Optional<String> url(ConsentLink link) {
            return switch (link.linkFor()) {
                case LinkFor.Anyone anyone -> Optional.of(link.authorizeUrl().value());
                case LinkFor.OneBrowser one -> Optional.empty();
            };
        }

        private static String message(ConsentLink link) {
            return switch (link.linkFor()) {
                case LinkFor.Anyone anyone ->
                        "A person must consent before this tool can be executed";
                case LinkFor.OneBrowser one ->
                        "A person is being asked to consent in the browser that began, and can"
                                + " finish only there: call again when they have, or when the link"
                                + " has expired. POST /api/mcp/client/"
                                + link.client()
                                + "/reauthorize?link_for=anyone makes another link in its place";
            };
        }
    }

    ToolsResource(ExecuteTool executeTool) {
        this.executeTool = executeTool;
    }

    @Override
    public void addTo(Routes routes) {
        routes.guarded(Method.POST, "/v1/mcp/tool/execute", EXECUTE_TOOLS, this::execute);
    }

    private Reply execute(ServerRequest request, Caller caller) {
        new Query(request).oneOf("format", Set.of("chat"));
        CallBody call = Json.read(request, CallBody.class);
        if (call.type().filter(type -> !type.equals("function")).isPresent()) {
            throw new RefusedException(Errors.invalidField("type", "must be function"));
        }
        FunctionBody function = needed("function", call.function());
        String name = needed("function.name", function.name());
        String arguments = function.arguments().filter(text -> !text.isBlank()).orElse("{}");
        if (Json.parse(arguments).filter(JsonNode::isObject).isEmpty()) {
            throw new RefusedException(
                    Errors.invalidField("function.arguments", "must be the text of a JSON object"));
        }
        return reply(executeTool.handle(name, arguments), call.id(), name);
    }

    private static Reply reply(ExecuteTool.Outcome outcome, Optional<String> callId, String name) {
        return switch (outcome) {
            case ExecuteTool.Outcome.Returned returned ->
                    Answer.json(
                            new MessageView(
                                    "tool",
                                    callId,
                                    name,
                                    text(returned.content()),
                                    returned.isError()));
            case ExecuteTool.Outcome.ClientNotFound notFound ->
                    Errors.clientNotFound().at("function.name");
            case ExecuteTool.Outcome.ToolNotFound notFound ->
                    ApiError.of(ErrorCode.TOOL_NOT_FOUND, "The MCP server offers no such tool")
                            .at("function.name");
            case ExecuteTool.Outcome.NotPermitted not ->
                    ApiError.of(
                            ErrorCode.TOOL_NOT_PERMITTED, "The operator does not permit this tool");
            case ExecuteTool.Outcome.NotCompleted not ->
                    ApiError.of(
                            ErrorCode.CONNECTION_NOT_COMPLETED,
                            "A person has consented, but complete-oauth was never called");
            // What the server says about it is foreign text and stays out of the message.
            case ExecuteTool.Outcome.Rejected rejected ->
                    ApiError.of(
                            ErrorCode.TOOL_CALL_REJECTED,
                            "The MCP server refused the call as it is");
            case ExecuteTool.Outcome.ConsentNeeded needed -> AuthRequiredView.of(needed.link());
            case ExecuteTool.Outcome.GrantMissing missing ->
                    ApiError.of(
                            ErrorCode.GRANT_MISSING,
                            "The MCP client has no grant"
                                    + missing.cause()
                                            .map(cause -> " (" + cause.word() + ")")
                                            .orElse("")
                                    + "; no person is needed for one, but an operator has to mend"
                                    + " its settings or call complete-oauth");
            case ExecuteTool.Outcome.Failed failed -> Errors.badGateway(failed.problem());
        };
    }

    /** The text of a result that is only text, one block a line; else its JSON. */
    private static String text(String content) {
        return Json.parse(content)
                .filter(ToolsResource::isAllText)
                .map(blocks ->
                        blocks.valueStream()
                                .map(block -> block.get("text").asText())
                                .collect(Collectors.joining("\n")))
                .orElse(content);
    }

    private static boolean isAllText(JsonNode content) {
        return content.isArray()
                && content.valueStream()
                        .allMatch(block ->
                                block.path("type").asText().equals("text")
                                        && block.path("text").isTextual());
    }

    private static <T> T needed(String field, Optional<T> value) {
        return value.orElseThrow(() -> new RefusedException(Errors.missingField(field)));
    }
}
