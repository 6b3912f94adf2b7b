#include "agent/api/views.h"

#include <chrono>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "agent/api/json_text.h"
#include "agent/model/hostname_input.h"

namespace agent {
namespace {

using nlohmann::ordered_json;

ordered_json optional_time(const std::optional<base::WallTime>& time) {
  return time ? ordered_json(to_text(*time)) : ordered_json(nullptr);
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

/// Why it waits after a failure, and until when; empty if it has not failed.
std::string waiting(std::uint32_t failures,
                    const std::string& last_error,
                    const std::optional<base::WallTime>& next_attempt) {
  if (failures == 0) return {};
  std::string text = "waiting: " + last_error;
  if (next_attempt) text += ", next attempt at " + to_text(*next_attempt);
  return text;
}

std::string stage_of(const std::optional<OpenOrder>& order,
                     const std::optional<Certificate>& certificate,
                     const std::string& waiting) {
  if (order) return order->stage.empty() ? "ordering" : order->stage;
  if (!certificate) return waiting.empty() ? "queued" : waiting;
  if (certificate->state == CertificateState::issued) return "deploying";
  return waiting.empty() ? "served" : "served; renewal " + waiting;
}

/// REQUIRES: absent_since.
ordered_json absence_of(const Hostname& hostname) {
  ordered_json json;
  json["since"] = optional_time(hostname.absent_since);
  json["reason"] = optional_text(hostname.absence);
  json["unused_since"] = optional_time(hostname.unused_since);
  return json;
}

ordered_json to_json(const SecondCertificate& second) {
  ordered_json json;
  json["stage"] = stage_of(second.order,
                           second.certificate,
                           waiting(second.failures, second.last_error, second.next_attempt));
  json["certificate"] = second.certificate ? to_json(*second.certificate) : ordered_json(nullptr);
  json["failures"] = second.failures;
  json["last_error"] = optional_text(second.last_error);
  json["next_attempt"] = optional_time(second.next_attempt);
  return json;
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
  if (hostname.mode == HostnameMode::custom && !detail.certificate) {
    return "waiting for a certificate to be installed";
  }
  if (hostname.covered_by && !hostname.served_until) {
    return "waiting for " + hostname.covered_by->text();
  }
  std::string stage =
      stage_of(detail.order,
               detail.certificate,
               waiting(hostname.failures, hostname.last_error, hostname.next_attempt));
  if (stage == "served" && hostname.renewal_requested) stage += "; renewal queued";
  if (hostname.unused_since) stage += "; not renewed, unused: " + hostname.absence;
  return stage;
}

ordered_json to_json(const HostnameDetail& detail, base::WallTime now) {
  const Hostname& hostname = detail.hostname;
  const std::string unicode = to_unicode(hostname.name);
  ordered_json json;
  json["name"] = hostname.name.text();
  if (unicode != hostname.name.text()) json["unicode_name"] = unicode;
  json["mode"] = to_string(hostname.mode);
  json["https_redirect"] = hostname.https_redirect == HttpsRedirect::on;
  json["challenge_path"] = to_string(hostname.challenge_path);
  json["state"] = to_string(cert_state(hostname.mode, hostname.served_until, now));
  json["stage"] = stage_of(detail);
  json["certificate"] = detail.certificate ? to_json(*detail.certificate) : ordered_json(nullptr);
  json["failures"] = hostname.failures;
  json["last_error"] = optional_text(hostname.last_error);
  json["next_attempt"] = optional_time(hostname.next_attempt);
  if (detail.custom) json["return_to_automatic"] = optional_time(detail.custom->return_at);
  if (detail.second) json["second_certificate"] = to_json(*detail.second);
  json["zone"] = optional_name(hostname.zone);
  json["covered_by"] = optional_name(hostname.covered_by);
  if (hostname.absent_since) json["absence"] = absence_of(hostname);
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
  json["key"] = optional_text(std::string(to_string(certificate.key)));
  json["serial"] = certificate.serial;
  json["fingerprint"] = certificate.fingerprint;
  json["not_before"] = to_text(certificate.not_before);
  json["not_after"] = to_text(certificate.not_after);
  json["renew_at"] = to_text(certificate.renew_at);
  json["renewal_info"] = optional_advice(certificate.advice);
  json["state"] = to_string(certificate.state);
  return json;
}

ordered_json to_json(const Revocation& revocation) {
  ordered_json json;
  json["certificate"] = revocation.certificate.value();
  json["authority"] = revocation.authority;
  json["names"] = ordered_json::array();
  for (const base::DomainName& name : revocation.names) json["names"].push_back(name.text());
  json["serial"] = revocation.serial;
  json["reason"] = acme::to_string(revocation.reason);
  json["state"] = to_string(revocation.state);
  json["requested"] = to_text(revocation.requested);
  json["awaits_replacement"] = revocation.awaits_replacement;
  json["next_attempt"] = optional_time(revocation.next_attempt);
  json["last_error"] = optional_text(revocation.last_error);
  json["revoked"] = optional_time(revocation.revoked_at);
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
