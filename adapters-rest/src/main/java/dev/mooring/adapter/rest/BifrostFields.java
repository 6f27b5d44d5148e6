package dev.mooring.adapter.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;

/** Fields that Bifrost's scripts and dashboards send and that mean nothing to us. */
final class BifrostFields {
    private static final List<String> IGNORED =
            List.of(
                    "is_code_mode_client",
                    "allowed_extra_headers",
                    "tools_to_auto_execute",
                    "allow_on_all_virtual_keys",
                    "per_user_header_keys",
                    "token_exchange",
                    "user_headers",
                    "tool_pricing",
                    "vk_configs",
                    "stdio_config",
                    "needs_session_stickiness",
                    "oauth_config_id",
                    "tls_config.insecure_skip_verify",
                    "oauth_config.server_url");

    private BifrostFields() {}

    /** Takes them out of the body and returns one warning for each. */
    static List<String> removeFrom(ObjectNode body) {
        List<String> warnings = new ArrayList<>();
        for (String path : IGNORED) {
            String[] steps = path.split("\\.", -1);
            JsonNode parent = steps.length == 1 ? body : body.path(steps[0]);
            if (parent instanceof ObjectNode object
                    && object.remove(steps[steps.length - 1]) != null) {
                warnings.add(path + ": Mooring has no such field; it is ignored");
            }
        }
        return warnings;
    }
}
