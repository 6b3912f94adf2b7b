#include "acme/directory.h"

#include "acme/json.h"
#include "acme/problem.h"

namespace acme {
namespace {

std::optional<Url> url_member(const Json& json, std::string_view name, const Url& base) {
  const std::optional<std::string> text = json.string(name);
  return text ? resolve_url(base, *text) : std::nullopt;
}

void parse_meta(const Json& meta, Directory& directory) {
  directory.terms_of_service = printable(meta.string("termsOfService").value_or(""));
  directory.website = printable(meta.string("website").value_or(""));
  directory.caa_identities = meta.strings("caaIdentities");
  directory.external_account_required = meta.boolean("externalAccountRequired").value_or(false);
  const std::optional<Json> profiles = meta.object("profiles");
  if (!profiles) return;
  for (const std::string& name : profiles->names()) {
    directory.profiles.emplace(name, printable(profiles->string(name).value_or("")));
  }
}

}  // namespace

base::Result<Directory, Error> parse_directory(std::string_view json, const Url& directory_url) {
  const std::optional<Json> object = Json::parse_object(json);
  if (!object) return base::Unexpected(bad_response("the directory is no JSON object"));
  const auto new_nonce = url_member(*object, "newNonce", directory_url);
  const auto new_account = url_member(*object, "newAccount", directory_url);
  const auto new_order = url_member(*object, "newOrder", directory_url);
  if (!new_nonce || !new_account || !new_order) {
    return base::Unexpected(
        bad_response("the directory has no usable newNonce, newAccount or newOrder"));
  }
  Directory directory{.new_nonce = *new_nonce,
                      .new_account = *new_account,
                      .new_order = *new_order,
                      .revoke_certificate = url_member(*object, "revokeCert", directory_url),
                      .key_change = url_member(*object, "keyChange", directory_url),
                      .renewal_info = url_member(*object, "renewalInfo", directory_url),
                      .terms_of_service = {},
                      .website = {},
                      .caa_identities = {},
                      .profiles = {}};
  if (const std::optional<Json> meta = object->object("meta")) parse_meta(*meta, directory);
  return directory;
}

}  // namespace acme
