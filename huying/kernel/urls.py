from django.urls import path

from huying.kernel.http import health

site = [
    path("healthz", health.healthz, name="kernel_healthz"),
    path("metrics", health.metrics_page, name="kernel_metrics"),
]
