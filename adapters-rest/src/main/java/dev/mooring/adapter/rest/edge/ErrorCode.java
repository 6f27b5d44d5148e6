package dev.mooring.adapter.rest.edge;

import static dev.mooring.adapter.rest.edge.ErrorType.AUTHENTICATION;
import static dev.mooring.adapter.rest.edge.ErrorType.CONFLICT;
import static dev.mooring.adapter.rest.edge.ErrorType.INTERNAL;
import static dev.mooring.adapter.rest.edge.ErrorType.INVALID_REQUEST;
import static dev.mooring.adapter.rest.edge.ErrorType.NOT_FOUND;
import static dev.mooring.adapter.rest.edge.ErrorType.PERMISSION;
import static dev.mooring.adapter.rest.edge.ErrorType.UNAVAILABLE;

import java.util.Locale;

/**
 * What exactly is wrong with a request, in our eyes; {@link
 * dev.mooring.domain.lifecycle.Problem.Code} lists what may be wrong with the other side.
 *
 * <p>The lower-case name is the {@code code} of the error envelope. A code never changes its
 * meaning or its status; {@code docs/errors.md} lists them all, and a test holds the two together.
 */
public enum ErrorCode {
    MALFORMED_REQUEST(
            400, INVALID_REQUEST, "The request line, a header or the framing cannot be read."),
    INVALID_JSON(400, INVALID_REQUEST, "The body is not the JSON object it should be."),
    UNKNOWN_FIELD(400, INVALID_REQUEST, "The body has a field that does not exist."),
    DUPLICATE_FIELD(400, INVALID_REQUEST, "The body has the same field twice."),
    INVALID_FIELD(400, INVALID_REQUEST, "A field has a value it cannot have."),
    MISSING_FIELD(400, INVALID_REQUEST, "A field that is needed is absent."),
    INVALID_PARAMETER(
            400, INVALID_REQUEST, "A query parameter or a header has a value it cannot have."),
    OAUTH_NOT_AUTHORIZED(
            400, CONFLICT, "Nobody has consented (again) yet; the message has the status."),
    NOT_AN_OAUTH_CLIENT(400, CONFLICT, "The `auth_type` of the MCP client is not `oauth`."),
    CLIENT_DISABLED(400, CONFLICT, "An operator switched the MCP client off."),
    NOT_CONNECTABLE(
            400, CONFLICT, "The MCP client cannot connect in its state; the message names it."),
    CONNECTION_NOT_COMPLETED(
            400, CONFLICT, "A person has consented, but `complete-oauth` was never called."),
    GRANT_MISSING(
            400,
            CONFLICT,
            "The MCP client has no grant, and needs no person for one: an operator has to act."),
    TOOL_NOT_PERMITTED(
            400, PERMISSION, "`tools_to_execute` lacks the tool, or the MCP client is disabled."),
    TOOL_CALL_REJECTED(400, INVALID_REQUEST, "The MCP server refused the call as it is."),
    CREDENTIAL_MISSING(401, AUTHENTICATION, "The operation needs a credential."),
    CREDENTIAL_INVALID(401, AUTHENTICATION, "The credential is unknown, revoked or not for us."),
    CREDENTIAL_EXPIRED(401, AUTHENTICATION, "The API key has expired."),
    ROLE_INSUFFICIENT(403, PERMISSION, "The caller's role does not allow the operation."),
    SCOPE_INSUFFICIENT(403, PERMISSION, "The API key lacks the scope that the operation needs."),
    CROSS_SITE_REQUEST(
            403, PERMISSION, "A signed-in browser sent a change from a page that is not ours."),
    AUTHORIZATION_REQUIRED(
            403,
            PERMISSION,
            "A person must consent (again) first; `extra_fields.mcp_auth_required` has the link,"
                    + " unless that is one browser's own."),
    SIGN_IN_FAILED(
            400, AUTHENTICATION, "The browser sign-in was refused, is stale or was tampered with."),
    ROUTE_NOT_FOUND(404, NOT_FOUND, "There is nothing at this path."),
    CLIENT_NOT_FOUND(404, NOT_FOUND, "There is no such MCP client."),
    OAUTH_CONFIG_NOT_FOUND(
            404, NOT_FOUND, "There is no such OAuth config, or the MCP client has none."),
    FLOW_NOT_FOUND(404, NOT_FOUND, "The OAuth config had no such authorization attempt."),
    TOOL_NOT_FOUND(404, NOT_FOUND, "The MCP server offers no such tool."),
    KEY_NOT_FOUND(404, NOT_FOUND, "There is no such API key."),
    WEBHOOK_NOT_FOUND(404, NOT_FOUND, "There is no such webhook."),
    METADATA_DOCUMENT_NOT_PUBLISHED(
            404,
            NOT_FOUND,
            "Without a public https base URL there is no Client ID Metadata Document."),
    METHOD_NOT_ALLOWED(405, INVALID_REQUEST, "The path exists, the method does not; see `Allow`."),
    ALREADY_TAKEN(409, CONFLICT, "Another one has the name, slug or id; `param` says which."),
    IDEMPOTENCY_KEY_REUSED(
            409, CONFLICT, "The `Idempotency-Key` was used for another request before."),
    REVISION_STALE(412, CONFLICT, "The MCP client is not at the revision of `If-Match`."),
    BODY_TOO_LARGE(413, INVALID_REQUEST, "The body is larger than we take."),
    URI_TOO_LONG(414, INVALID_REQUEST, "The request line is longer than we take."),
    UNSUPPORTED_MEDIA_TYPE(415, INVALID_REQUEST, "The body is not declared as `application/json`."),
    SETTINGS_CONFLICT(
            422, CONFLICT, "The change is fine by itself and contradicts what is stored."),
    TOO_MANY_REQUESTS(429, UNAVAILABLE, "The caller sends more requests than it may."),
    HEADERS_TOO_LARGE(431, INVALID_REQUEST, "The headers are larger than we take."),
    INTERNAL_ERROR(500, INTERNAL, "We failed; the log has the reason under the `event_id`."),
    NOT_READY(503, UNAVAILABLE, "Something the service needs is not there yet, or not any more."),
    OVERLOADED(503, UNAVAILABLE, "Too many requests are being worked on."),
    STORE_UNAVAILABLE(503, UNAVAILABLE, "The database is away or has no capacity left."),
    ISSUER_UNAVAILABLE(
            503, UNAVAILABLE, "The OIDC issuer is away, so its tokens cannot be checked.");

    private final int status;
    private final ErrorType type;
    private final String meaning;

    ErrorCode(int status, ErrorType type, String meaning) {
        this.status = status;
        this.type = type;
        this.meaning = meaning;
    }

    public int status() {
        return status;
    }

    public ErrorType type() {
        return type;
    }

    /** One sentence for the documentation. */
    public String meaning() {
        return meaning;
    }

    /** The {@code code} of the error envelope. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
