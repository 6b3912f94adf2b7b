#include "agent/api/import_lines.h"

#include <utility>

#include "agent/api/json_body.h"
#include "agent/model/hostname_input.h"

namespace agent {
namespace {

FieldError to_field_error(const Problem& problem) {
  if (!problem.errors.empty()) return problem.errors.front();
  return {"line", "json", problem.detail};
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view blank = " \t\r";
  const std::size_t first = line.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(blank) - first + 1);
}

}  // namespace

base::Result<HostnameWish, FieldError> parse_import_line(std::string_view line) {
  const ApiRequest request{.content_type = "application/json", .body = std::string(line)};
  auto body = JsonBody::parse(request);
  if (!body) return base::Unexpected(to_field_error(body.error()));
  const auto text = body->text("name");
  std::optional<HostnameMode> mode;
  if (const auto wanted = body->text("mode")) {
    mode = parse_hostname_mode(*wanted);
    if (!mode) body->refuse("mode", "choice", "expected automatic, wildcard, custom or off");
  }
  std::optional<HttpsRedirect> redirect;
  if (const auto wanted = body->boolean("https_redirect")) {
    redirect = *wanted ? HttpsRedirect::on : HttpsRedirect::off;
  }
  std::optional<ChallengePath> path;
  if (const auto wanted = body->text("challenge_path")) {
    path = parse_challenge_path(*wanted);
    if (!path) body->refuse("challenge_path", "choice", "expected answered or left_alone");
  }
  if (!text) body->refuse("name", "required", "expected a hostname");
  auto name = parse_hostname(text.value_or(""), "name");
  if (text && !name) body->refuse("name", "hostname", name.error());
  if (const auto problem = body->finish()) return base::Unexpected(to_field_error(*problem));
  return HostnameWish{*std::move(name), mode, redirect, path};
}

std::vector<ImportLine> ImportLines::next(std::size_t most) {
  std::vector<ImportLine> lines;
  while (lines.size() < most && !rest_.empty()) {
    const std::size_t end = rest_.find('\n');
    const std::string_view line = trimmed(rest_.substr(0, end));
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    if (!line.empty()) lines.push_back({number_, parse_import_line(line)});
  }
  return lines;
}

}  // namespace agent
