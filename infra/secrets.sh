#!/usr/bin/env bash
# Makes the Secrets that the manifests refer to and that no operator makes. What exists is left as it is.
#
#   infra/secrets.sh                      for infra/overlays/dev: a password per database role
#   infra/secrets.sh production           and one per Kafka user
#   infra/secrets.sh rotate NAME          a new password for one of them; its readers are restarted
#   infra/secrets.sh authority            the Kafka cluster's CA certificate, into the Secrets that want a copy of it
#
# Where passwords come from a vault, let it make Secrets of the same names and keys instead.
# Needs: kubectl with a context on the cluster, openssl.
set -euo pipefail
namespace=students
database_roles="debezium registry"
function_roles="create_student update_student on_student_create on_student_update on_any_student dead_letter_replay"
kafka_users="connect on-student-create on-student-update on-any-student dead-letter-replay dead-letter-replay-users
  student-dead-letter student-dead-letter-unread broker-default prune audit"

kube() { kubectl --namespace "$namespace" "$@"; }
exists() { kube get secret "$1" >/dev/null 2>&1; }
password() { openssl rand -hex 24; }

# CloudNativePG sets the role's password from it, and again when it changes because of the label.
database_secret() {
  local role=$1 password=$2
  cat <<YAML
apiVersion: v1
kind: Secret
metadata:
  name: students-db-${role//_/-}
  labels:
    cnpg.io/reload: "true"
type: kubernetes.io/basic-auth
stringData:
  username: $role
  password: $password
  uri: postgresql://$role:$password@students-db-rw.$namespace.svc.cluster.local:5432/students
YAML
}

# In the form that Knative reads. Strimzi takes the password from it; its own Secret has no `protocol` and no `user`.
kafka_secret() {
  local user=$1 password=$2
  cat <<YAML
apiVersion: v1
kind: Secret
metadata:
  name: kafka-$user
stringData:
  protocol: SASL_SSL
  sasl.mechanism: SCRAM-SHA-512
  user: $user
  password: $password
YAML
}

database() { for role in "$@"; do exists "students-db-${role//_/-}" || database_secret "$role" "$(password)" | kube create -f -; done; }
kafka() { for user in "$@"; do exists "kafka-$user" || kafka_secret "$user" "$(password)" | kube create -f -; done; }

# KafkaSources name the CA's own Secret; a Broker and a KafkaSink read one Secret only, so it must hold a copy.
authority() {
  local certificate
  certificate=$(kube get secret students-cluster-ca-cert -o jsonpath='{.data.ca\.crt}')
  for user in broker-default student-dead-letter student-dead-letter-unread; do
    kube patch secret "kafka-$user" --type=merge -p "{\"data\":{\"ca.crt\":\"$certificate\"}}"
  done
}

rotate() {
  local name=$1 user
  case $name in
    kafka-*) kafka_secret "${name#kafka-}" "$(password)" | kube apply --server-side --field-manager=rotate --force-conflicts -f - ;;
    students-db-*)
      user=$(kube get secret "$name" -o jsonpath='{.data.username}' | base64 -d)
      database_secret "$user" "$(password)" | kube apply --server-side --field-manager=rotate --force-conflicts -f -
      # Environment variables are read at the start: a new revision takes the new password.
      if [[ " $function_roles " == *" $user "* ]]; then
        kube patch ksvc "${name#students-db-}" --type=merge \
          -p "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"students/rotated\":\"$(date -u +%FT%TZ)\"}}}}}"
      fi ;;
    *) echo "no Secret of ours: $name" >&2; exit 64 ;;
  esac
}

kubectl get namespace "$namespace" >/dev/null 2>&1 || kubectl apply -f "$(dirname "$0")/../knative/namespace.yaml"
# shellcheck disable=SC2086 # the lists are meant to be split
case ${1:-dev} in
  dev) database $database_roles $function_roles ;;
  production) database $database_roles $function_roles; kafka $kafka_users ;;
  authority) authority ;;
  rotate) rotate "${2:?which Secret?}" ;;
  *) sed -n '2,9p' "$0"; exit 64 ;;
esac
