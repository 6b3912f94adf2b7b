#include "agent/cli/custom_commands.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "agent/cli/command_output.h"
#include "agent/cli/json_fields.h"
#include "agent/files/atomic_file.h"
#include "base/encoding.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t max_file = 64 * 1024;  // what the daemon takes at most

std::string path_of(const std::string& name, const char* what) {
  return "/v1/hostnames/" + ApiClient::percent_encode(name) + what;
}

ApiFailure wrong_file(const std::string& path, const char* what) {
  return {.status = ExitStatus::wrong_input, .message = path + ": " + what};
}

base::Result<std::string, ApiFailure> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::Unexpected(wrong_file(path, "cannot be read"));
  std::string text;
  for (char c = 0; text.size() <= max_file && file.get(c);) text += c;
  if (file.bad()) return base::Unexpected(wrong_file(path, "cannot be read"));
  if (text.size() > max_file) {
    return base::Unexpected(wrong_file(path, "is larger than 64 KiB; is it the right file?"));
  }
  return text;
}

/// RFC 4648 §4.
std::string encode_base64(const std::string& bytes) {
  std::string text = base::encode_base64url(bytes);
  for (char& c : text) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

/// The files as members of the request.
base::Result<ordered_json, ApiFailure> read_upload(const CertificateInstallOptions& options) {
  ordered_json body = ordered_json::object();
  const std::pair<const char*, const std::string&> files[] = {
      {"chain", options.chain},
      {"key", options.key},
      {"pkcs12", options.pkcs12},
      {"passphrase", options.passphrase_file}};
  for (const auto& [member, path] : files) {
    if (path.empty()) continue;
    auto text = read_file(path);
    if (!text) return base::Unexpected(std::move(text.error()));
    body[member] = *std::move(text);
  }
  if (body.contains("pkcs12")) body["pkcs12"] = encode_base64(body["pkcs12"].get<std::string>());
  if (body.contains("passphrase")) {  // its first line
    const std::string text = body["passphrase"];
    body["passphrase"] = text.substr(0, text.find_first_of("\r\n"));
  }
  if (options.return_days) body["return_to_automatic_days"] = *options.return_days;
  return body;
}

ordered_json to_body(const CertificateCsrOptions& options) {
  ordered_json body = ordered_json::object();
  const std::pair<const char*, const std::string&> members[] = {
      {"key_type", options.key_type},
      {"common_name", options.common_name},
      {"organization", options.organization},
      {"organizational_unit", options.organizational_unit},
      {"locality", options.locality},
      {"state", options.state},
      {"country", options.country}};
  for (const auto& [member, text] : members) {
    if (!text.empty()) body[member] = text;
  }
  if (!options.more_names.empty()) body["names"] = options.more_names;
  return body;
}

}  // namespace

ExitStatus certificate_csr(ApiClient& api,
                           const CertificateCsrOptions& options,
                           const CliEnvironment& environment) {
  const std::string path = path_of(options.name, "/csr");
  const auto reply = options.show ? api.get(path) : api.post(path, to_body(options));
  if (!reply) return report(reply.error(), environment);
  const std::string csr = text_field(*reply, "csr");
  if (options.out.empty()) {
    environment.out << csr;
    return ExitStatus::ok;
  }
  std::ofstream file(options.out, std::ios::binary | std::ios::trunc);
  file << csr;
  file.close();
  if (file) return ExitStatus::ok;
  return report(wrong_file(options.out, "cannot be written"), environment);
}

ExitStatus certificate_export(ApiClient& api,
                              const CertificateExportOptions& options,
                              const CliEnvironment& environment) {
  const std::string what = options.with_key ? "/bundle" : "/chain";
  const auto pem =
      api.get_text("/v1/certificates/" + ApiClient::percent_encode(options.name) + what);
  if (!pem) return report(pem.error(), environment);
  if (options.out.empty()) {
    environment.out << *pem;
    return ExitStatus::ok;
  }
  AtomicFile file(options.out);
  file.write(*pem);
  file.commit();
  if (file.error().empty()) return ExitStatus::ok;
  return report({.status = ExitStatus::wrong_input, .message = file.error()}, environment);
}

ExitStatus certificate_install(ApiClient& api,
                               const CertificateInstallOptions& options,
                               const CliEnvironment& environment) {
  const auto body = read_upload(options);
  if (!body) return report(body.error(), environment);
  const auto before = api.get(path_of(options.name, ""));
  if (!before) return report(before.error(), environment);
  const auto reply = api.post(path_of(options.name, "/certificate"), *body);
  if (!reply) return report(reply.error(), environment);
  if (options.wait.wait) {
    const WaitTarget target{.name = text_field(*reply, "name"),
                            .old_serial = text_field(field(*before, "certificate"), "serial")};
    return wait_and_print(api, {target}, options.wait, options.output, environment);
  }
  if (options.output == OutputFormat::json) {
    print_json(*reply, environment);
    return ExitStatus::ok;
  }
  const ordered_json& certificate = field(*reply, "certificate");
  environment.out << printable(text_field(*reply, "name") + "  installed: serial " +
                               text_field(certificate, "serial") + ", valid until " +
                               text_field(certificate, "not_after"))
                  << "\n";
  return ExitStatus::ok;
}

}  // namespace agent
