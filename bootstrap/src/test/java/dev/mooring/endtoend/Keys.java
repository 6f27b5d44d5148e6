package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.ApiClient.Reply;

import java.util.UUID;

/** API keys for tests. */
final class Keys {

    private Keys() {}

    /** Makes a key of this role and returns it. */
    static String create(Mooring admin, String role) {
        return create(admin, role, "key-" + UUID.randomUUID());
    }

    /** Makes a key of this role under this name and returns it. */
    static String create(Mooring admin, String role, String name) {
        Reply reply =
                admin.api()
                        .post("/api/keys", ApiClient.object().put("name", name).put("role", role));
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.text("/key");
    }
}
