"""The quality report beside a result: figures, a verdict in words and plots, without any truth to hold the result against."""

from posewright.view.report.findings import Finding
from posewright.view.report.quality import JointQuality, PersonQuality, QualityReport, quality_report
from posewright.view.report.write import REPORT_FORMATS, check_report, write_report

__all__ = ["REPORT_FORMATS", "Finding", "JointQuality", "PersonQuality", "QualityReport", "check_report", "quality_report", "write_report"]
