#include "agent/api/views.h"

#include <chrono>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "agent/model/hostname_input.h"

namespace agent {
namespace {

using nlohmann::ordered_json;

ordered_json optional_time(const std::optional<base::WallTime>& time) {
  return time ? ordered_json(to_text(*time)) : ordered_json(nullptr);
}

ordered_json optional_text(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json optional_name(const std::optional<base::DomainName>& name) {
  return name ? ordered_json(name->text()) : ordered_json(nullptr);
}

ordered_json optional_number(std::optional<std::uint32_t> number) {
  return number ? ordered_json(*number) : ordered_json(nullptr);
}

ordered_json optional_advice(const std::optional<RenewalAdvice>& advice) {
  if (!advice) return nullptr;
  ordered_json json;
  json["window_start"] = to_text(advice->window_start);
  json["window_end"] = to_text(advice->window_end);
  json["explanation_url"] = optional_text(advice->explanation_url);
  return json;
}

std::string waiting(const Hostname& hostname) {
  std::string text = "waiting: " + hostname.last_error;
  if (hostname.next_attempt) text += ", next attempt at " + to_text(*hostname.next_attempt);
  return text;
}

}  // namespace

std::string to_text(base::WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  char text[40];
  std::snprintf(text,
                sizeof(text),
                "%04d-%02u-%02uT%02d:%02d:%02dZ",
                static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::string stage_of(const HostnameDetail& detail) {
  const Hostname& hostname = detail.hostname;
  if (hostname.mode == HostnameMode::off) return "off";
  if (hostname.covered_by && !hostname.served_until) {
    return "waiting for " + hostname.covered_by->text();
  }
  if (detail.order) return detail.order->stage.empty() ? "ordering" : detail.order->stage;
  const bool is_waiting = hostname.failures > 0;
  if (!detail.certificate) return is_waiting ? waiting(hostname) : "queued";
  if (detail.certificate->state == CertificateState::issued) return "deploying";
  if (is_waiting) return "served; renewal " + waiting(hostname);
  return hostname.renewal_requested ? "served; renewal queued" : "served";
}

ordered_json to_json(const HostnameDetail& detail, base::WallTime now) {
  const Hostname& hostname = detail.hostname;
  const std::string unicode = to_unicode(hostname.name);
  ordered_json json;
  json["name"] = hostname.name.text();
  if (unicode != hostname.name.text()) json["unicode_name"] = unicode;
  json["mode"] = to_string(hostname.mode);
  json["https_redirect"] = hostname.https_redirect == HttpsRedirect::on;
  json["state"] = to_string(cert_state(hostname.mode, hostname.served_until, now));
  json["stage"] = stage_of(detail);
  json["certificate"] = detail.certificate ? to_json(*detail.certificate) : ordered_json(nullptr);
  json["failures"] = hostname.failures;
  json["last_error"] = optional_text(hostname.last_error);
  json["next_attempt"] = optional_time(hostname.next_attempt);
  json["zone"] = optional_name(hostname.zone);
  json["covered_by"] = optional_name(hostname.covered_by);
  json["created"] = to_text(hostname.created);
  return json;
}

ordered_json to_json(const Tenant& tenant) {
  ordered_json json;
  json["id"] = tenant.id;
  json["title"] = optional_text(tenant.title);
  json["wildcard_after"] = optional_number(tenant.wildcard_after);
  json["created"] = to_text(tenant.created);
  return json;
}

ordered_json to_json(const Zone& zone) {
  const std::string unicode = to_unicode(zone.name);
  ordered_json json;
  json["name"] = zone.name.text();
  if (unicode != zone.name.text()) json["unicode_name"] = unicode;
  json["tenant"] = zone.tenant;
  json["dns"] = to_string(zone.dns);
  json["wildcard_after"] = optional_number(zone.wildcard_after);
  json["created"] = to_text(zone.created);
  return json;
}

ordered_json to_json(const Certificate& certificate) {
  ordered_json json;
  json["id"] = certificate.id.value();
  json["authority"] = certificate.authority;
  json["names"] = ordered_json::array();
  for (const base::DomainName& name : certificate.names) json["names"].push_back(name.text());
  json["serial"] = certificate.serial;
  json["fingerprint"] = certificate.fingerprint;
  json["not_before"] = to_text(certificate.not_before);
  json["not_after"] = to_text(certificate.not_after);
  json["renew_at"] = to_text(certificate.renew_at);
  json["renewal_info"] = optional_advice(certificate.advice);
  json["state"] = to_string(certificate.state);
  return json;
}

ordered_json to_json(const Event& event) {
  ordered_json json;
  json["sequence"] = event.sequence;
  json["at"] = to_text(event.at);
  json["kind"] = to_string(event.kind);
  json["subject"] = event.subject;
  json["detail"] = event.detail;
  json["actor"] = optional_text(event.actor);
  return json;
}

}  // namespace agent
