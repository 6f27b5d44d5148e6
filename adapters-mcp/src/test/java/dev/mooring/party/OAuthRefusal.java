package dev.mooring.party;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** An OAuth error that an endpoint answers with. */
final class OAuthRefusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String error;
    private final String description;

    private OAuthRefusal(int status, String error, String description) {
        super(error + ": " + description);
        this.status = status;
        this.error = error;
        this.description = description;
    }

    static OAuthRefusal of(String error, String description) {
        return new OAuthRefusal(400, error, description);
    }

    // RFC 6749 §5.2: failed client authentication may be 401, and must be where Basic was tried.
    static OAuthRefusal invalidClient(String description) {
        return new OAuthRefusal(401, "invalid_client", description);
    }

    /** Refuses unless the condition holds. */
    static void unless(boolean holds, String error, String description) {
        if (!holds) {
            throw of(error, description);
        }
    }

    String error() {
        return error;
    }

    String description() {
        return description;
    }

    Answer answer() {
        ObjectNode document = Answer.JSON.createObjectNode();
        document.put("error", error).put("error_description", description);
        Answer answer = Answer.json(status, document).with("Cache-Control", "no-store");
        return status == 401 ? answer.with("WWW-Authenticate", "Basic realm=\"party\"") : answer;
    }
}
